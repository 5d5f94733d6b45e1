import { z } from 'zod'
import {
  amountKind,
  choiceKind,
  flagKind,
  storableText,
  textKind,
  uuidPattern,
  type JsonKind,
} from '../json-kinds.ts'
import { visibilities, type ImageAttributes } from './image.ts'
import { imageStatuses } from './states.ts'

/** What an operator may offer. */
export interface FormatChoice {
  diskFormats: readonly string[]
  containerFormats: readonly string[]
}

/** An attribute that a client may write. */
export interface WritableAttribute extends JsonKind {
  description: string
}

/** Wire names of the writable attributes, and their fields. */
export const attributeFields = {
  name: 'name',
  visibility: 'visibility',
  protected: 'protected',
  os_hidden: 'hidden',
  owner: 'owner',
  container_format: 'containerFormat',
  disk_format: 'diskFormat',
  tags: 'tags',
  min_ram: 'minRam',
  min_disk: 'minDisk',
} as const satisfies Record<string, Exclude<keyof ImageAttributes, 'properties'>>

export type AttributeName = keyof typeof attributeFields

/** What a client may write: by name on the wire, what it may hold. */
export function writableAttributes(formats: FormatChoice): Record<AttributeName, WritableAttribute> {
  const tag = storableText(255)
  return {
    name: { ...textKind(255, { nullable: true }), description: 'Name of the image' },
    visibility: { ...choiceKind(visibilities), description: 'Who sees the image' },
    protected: { ...flagKind, description: 'Whether the image refuses to be deleted' },
    os_hidden: { ...flagKind, description: 'Whether lists leave the image out unless asked for it' },
    owner: { ...textKind(255, { nullable: true }), description: 'Project of the image' },
    container_format: {
      ...choiceKind(formats.containerFormats, { nullable: true }),
      description: 'Format of what is around the disk',
    },
    disk_format: {
      ...choiceKind(formats.diskFormats, { nullable: true }),
      description: 'Format of the disk',
    },
    tags: {
      check: z.array(tag).transform((tags) => [...new Set(tags)]),
      json: { type: 'array', items: { type: 'string', maxLength: 255 } },
      description: 'Labels of the image',
    },
    min_ram: { ...amountKind, description: 'Memory that a server needs, in MiB' },
    min_disk: { ...amountKind, description: 'Disk that a server needs, in GiB' },
  }
}

/** What only the service writes, with its JSON schema; `id` may be chosen when the image is made. */
export const serviceAttributes: Readonly<Record<string, Record<string, unknown>>> = {
  id: { type: 'string', pattern: uuidPattern.source, description: 'Identifier of the image' },
  status: {
    type: 'string',
    enum: imageStatuses,
    readOnly: true,
    description: 'Where the image is in its life',
  },
  size: { type: ['null', 'integer'], readOnly: true, description: 'Bytes of the data' },
  virtual_size: {
    type: ['null', 'integer'],
    readOnly: true,
    description: 'Bytes of the disk as a server sees it',
  },
  checksum: { type: ['null', 'string'], maxLength: 32, readOnly: true, description: 'MD5 of the data' },
  os_hash_algo: {
    type: ['null', 'string'],
    maxLength: 64,
    readOnly: true,
    description: 'Algorithm of os_hash_value',
  },
  os_hash_value: {
    type: ['null', 'string'],
    maxLength: 128,
    readOnly: true,
    description: 'Digest of the data, in hexadecimal',
  },
  created_at: { type: 'string', readOnly: true, description: 'When the image was made' },
  updated_at: { type: 'string', readOnly: true, description: 'When the image was last changed' },
  self: { type: 'string', readOnly: true, description: 'Path of the image' },
  file: { type: 'string', readOnly: true, description: 'Path of the data' },
  schema: { type: 'string', readOnly: true, description: 'Path of the schema of an image' },
  direct_url: { type: 'string', readOnly: true, description: 'Where a store keeps the data; not shown here' },
  stores: { type: 'string', readOnly: true, description: 'Stores that hold the data; not shown here' },
  locations: {
    type: 'array',
    items: { type: 'object' },
    readOnly: true,
    description: 'Places of the data; not shown here',
  },
}

/** Names that are no custom property although nothing shows them. */
const reservedNames: ReadonlySet<string> = new Set(['deleted', 'deleted_at', 'location'])

/** Properties of this beginning are the service's own. */
const reservedPrefix = 'os_glance'

export function isReserved(name: string): boolean {
  return reservedNames.has(name) || name.startsWith(reservedPrefix)
}

/** Custom properties that clients offer by name. */
export const wellKnownProperties: Readonly<Record<string, JsonKind & { description: string }>> = {
  architecture: { ...textKind(65_535), description: 'Architecture of the processor that the system needs' },
  os_distro: { ...textKind(65_535), description: 'Name of the distribution' },
  os_version: { ...textKind(65_535), description: 'Version of the distribution' },
  instance_uuid: { ...textKind(65_535), description: 'Server that the image was made from' },
  cinder_encryption_key_id: {
    ...textKind(65_535),
    description: 'Key of an encrypted volume that the image was made from',
  },
  cinder_encryption_key_deletion_policy: {
    ...choiceKind(['on_image_deletion', 'do_not_delete']),
    description: 'What happens to that key when the image is deleted',
  },
  kernel_id: {
    ...textKind(36, { nullable: true, pattern: uuidPattern }),
    description: 'Image with the kernel, for AMI',
  },
  ramdisk_id: {
    ...textKind(36, { nullable: true, pattern: uuidPattern }),
    description: 'Image with the first root disk, for AMI',
  },
}
