import { z } from 'zod'
import { badRequest, forbidden, parseBody } from '@longhaul/oslo/api'
import { visibilities, type Image, type ImageAttributes } from './image.ts'
import { imageStatuses } from './states.ts'

/** Formats of a disk that may be declared. */
const diskFormats = [
  'ami',
  'ari',
  'aki',
  'vhd',
  'vhdx',
  'vmdk',
  'raw',
  'qcow2',
  'vdi',
  'ploop',
  'iso',
  'gpt',
] as const

/** Formats of what is around the disk. */
const containerFormats = ['ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker', 'compressed'] as const

const idPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const amount = z.int().min(0).max(2_147_483_647)
/** Databases do not store the character NUL. */
const text = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[^\0]*$/, 'must not hold NUL')
const tag = text(255).min(1)

/** Whether a text may be the id of an image; nothing else is asked of the database. */
export function isImageId(text: string): boolean {
  return idPattern.test(text)
}

const imageId = z.string().regex(idPattern, 'must be a UUID')

interface Attribute {
  field: Exclude<keyof ImageAttributes, 'properties'>
  schema: z.ZodType
  description: string
}

/** What a client may write: name on the wire, field, and what it may hold. */
export const writableAttributes: Readonly<Record<string, Attribute>> = {
  name: { field: 'name', schema: text(255).nullable(), description: 'Name of the image' },
  visibility: { field: 'visibility', schema: z.enum(visibilities), description: 'Who sees the image' },
  owner: { field: 'owner', schema: text(255).nullable(), description: 'Project of the image' },
  protected: {
    field: 'protected',
    schema: z.boolean(),
    description: 'Whether the image refuses to be deleted',
  },
  os_hidden: { field: 'hidden', schema: z.boolean(), description: 'Whether lists leave the image out' },
  container_format: {
    field: 'containerFormat',
    schema: z.enum(containerFormats).nullable(),
    description: 'Format of the container',
  },
  disk_format: {
    field: 'diskFormat',
    schema: z.enum(diskFormats).nullable(),
    description: 'Format of the disk',
  },
  min_disk: { field: 'minDisk', schema: amount, description: 'Disk that a server needs, in GiB' },
  min_ram: { field: 'minRam', schema: amount, description: 'Memory that a server needs, in MiB' },
  tags: {
    field: 'tags',
    schema: z
      .array(tag)
      .max(128)
      .transform((tags) => [...new Set(tags)]),
    description: 'Labels',
  },
}

/** What only the service writes, with its JSON schema; `id` may be chosen when the image is made. */
export const readOnlyAttributes: Readonly<Record<string, Record<string, unknown>>> = {
  id: { type: 'string', pattern: idPattern.source },
  status: { type: 'string', enum: imageStatuses },
  size: { type: ['null', 'integer'] },
  virtual_size: { type: ['null', 'integer'] },
  checksum: { type: ['null', 'string'], maxLength: 32 },
  os_hash_algo: { type: ['null', 'string'], maxLength: 64 },
  os_hash_value: { type: ['null', 'string'], maxLength: 128 },
  created_at: { type: 'string' },
  updated_at: { type: 'string' },
  self: { type: 'string' },
  file: { type: 'string' },
  schema: { type: 'string' },
  direct_url: { type: 'string' },
  locations: { type: 'array' },
  stores: { type: 'string' },
}

/** Names that are no custom property although nothing shows them. */
const reservedNames = new Set(['deleted', 'deleted_at', 'is_public', 'location'])

/** A name that custom properties may have. */
const propertyName = text(255).min(1)

const propertyValue = text(65_535)

/**
 * Refuses to let a client write what is not its to write.
 *
 * @throws ApiError 403 `attribute_read_only`, `attribute_reserved`
 */
export function assertWritable(name: string): void {
  if (Object.hasOwn(readOnlyAttributes, name)) {
    throw forbidden(`Attribute '${name}' is read-only.`, { code: 'attribute_read_only' })
  }
  if (reservedNames.has(name)) {
    throw forbidden(`Attribute '${name}' is reserved.`, { code: 'attribute_reserved' })
  }
}

/**
 * Puts one value, of an attribute or a custom property, into a draft.
 *
 * @throws ApiError 403 as `assertWritable`; 400 `invalid_body` for a value that is not allowed
 */
export function setAttribute(draft: ImageAttributes, name: string, value: unknown): void {
  assertWritable(name)
  const attribute = writableAttribute(name)
  const schema: z.ZodType = attribute ? attribute.schema : propertyValue
  const parsed = parseBody(z.object({ [name]: schema }), { [name]: value })[name]
  if (attribute) Object.assign(draft, { [attribute.field]: parsed })
  else draft.properties.set(parseBody(propertyName, name), parsed as string)
}

/** The attribute of that wire name; undefined for custom properties. */
export function writableAttribute(name: string): Attribute | undefined {
  return Object.hasOwn(writableAttributes, name) ? writableAttributes[name] : undefined
}

/** A body of `POST /v2/images`, split into what is asked for. */
export interface CreateRequest {
  id?: string
  /** Names and values as sent; `setAttribute` checks each. */
  attributes: [name: string, value: unknown][]
}

/** @throws ApiError 400 `invalid_body`, 403 as `assertWritable` */
export function parseCreate(body: unknown): CreateRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw badRequest('Body expected in request.', { code: 'invalid_body' })
  }
  const { id, ...rest } = body as Record<string, unknown>
  for (const name of Object.keys(rest)) assertWritable(name)
  const request: CreateRequest = { attributes: Object.entries(rest) }
  if (id !== undefined) request.id = parseBody(z.object({ id: imageId }), { id }).id.toLowerCase()
  return request
}

/** The image as clients see it: attributes and custom properties side by side. */
export function imageDocument(image: Image): Record<string, unknown> {
  const self = `/v2/images/${image.id}`
  return {
    ...Object.fromEntries(image.properties),
    id: image.id,
    status: image.status,
    ...Object.fromEntries(
      Object.entries(writableAttributes).map(([name, { field }]) => [name, image[field]]),
    ),
    size: image.facts?.size ?? null,
    virtual_size: image.facts?.virtualSize ?? null,
    checksum: image.facts?.checksum ?? null,
    os_hash_algo: image.facts?.hashAlgorithm ?? null,
    os_hash_value: image.facts?.hashValue ?? null,
    created_at: wireTime(image.createdAt),
    updated_at: wireTime(image.updatedAt),
    self,
    file: `${self}/file`,
    schema: '/v2/schemas/image',
  }
}

/** Times on the wire have whole seconds. */
function wireTime(iso: string): string {
  return `${iso.slice(0, 19)}Z`
}
