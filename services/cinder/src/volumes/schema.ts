import { z } from 'zod'
import { boolean, parseBody, text } from '@longhaul/oslo/api'
import { invalidInput } from '../answers.ts'
import type { ListTable } from '../list-query.ts'
import type { Microversion } from '../microversions.ts'
import { label, metadata, optionalUuid, sizeText } from '../parameter-types.ts'

const names = {
  name: label.optional(),
  description: label.optional(),
  display_name: label.optional(),
  display_description: label.optional(),
}

const createShape = {
  ...names,
  volume_type: text(0, 255).nullish(),
  metadata: metadata.nullish(),
  snapshot_id: optionalUuid,
  source_volid: optionalUuid,
  consistencygroup_id: optionalUuid,
  group_id: text(0, 255).nullish(),
  backup_id: optionalUuid,
  size: sizeText.nullish(),
  availability_zone: text(1, 255).nullish(),
  multiattach: boolean.nullish(),
  image_id: text(0, 255).nullish(),
  imageRef: text(0, 255).nullish(),
}

const hints = { 'OS-SCH-HNT:scheduler_hints': z.looseObject({}).nullish() }
/** Clients of old send `status`, `attach_status`, `project_id` and `user_id` along, which mean nothing. */
const createBody = z.strictObject({ volume: z.looseObject(createShape), ...hints })
const strictCreateBody = z.strictObject({ volume: z.strictObject(createShape), ...hints })

/** A body of `POST /volumes`. */
export interface CreateRequest {
  name: string | null
  description: string | null
  typeName: string | undefined
  metadata: Record<string, string>
  snapshotId: string | undefined
  sourceVolumeId: string | undefined
  imageRef: string | undefined
  /** GiB. */
  size: number | undefined
  availabilityZone: string | undefined
}

/** @throws ApiError 400 `invalid_body`, `invalid_input` */
export function parseCreate(body: unknown, version: Microversion): CreateRequest {
  const { volume } = parseBody(version.atLeast('3.53') ? strictCreateBody : createBody, body)
  if (volume.multiattach) {
    throw invalidInput('A volume is made for several attachments by a type with multiattach="<is> True".')
  }
  if (volume.consistencygroup_id || volume.group_id || volume.backup_id) {
    throw invalidInput('There are no groups and no backups in this cloud.')
  }
  const sources = [volume.snapshot_id, volume.source_volid, volume.image_id || volume.imageRef]
  if (sources.filter(Boolean).length > 1) {
    throw invalidInput("May specify only one of 'snapshot_id', 'source_volid' and 'imageRef'")
  }
  return {
    name: volume.name ?? volume.display_name ?? null,
    description: volume.description ?? volume.display_description ?? null,
    typeName: volume.volume_type || undefined,
    metadata: volume.metadata ?? {},
    snapshotId: volume.snapshot_id ?? undefined,
    sourceVolumeId: volume.source_volid ?? undefined,
    imageRef: volume.image_id || volume.imageRef || undefined,
    size: volume.size ?? undefined,
    availabilityZone: volume.availability_zone ?? undefined,
  }
}

const updateBody = z.strictObject({ volume: z.strictObject({ ...names, metadata: metadata.optional() }) })

/** What `PUT /volumes/{volume_id}` changes. */
export interface VolumeChanges {
  name?: string | null
  description?: string | null
  metadata?: Record<string, string>
}

/** @throws ApiError 400 `invalid_body` */
export function parseUpdate(body: unknown, version: Microversion): VolumeChanges {
  const { volume } = parseBody(updateBody, body)
  if (version.atLeast('3.53') && Object.keys(volume).length === 0) {
    throw invalidInput('An update has to change something.')
  }
  const name = volume.name === undefined ? volume.display_name : volume.name
  const description = volume.description === undefined ? volume.display_description : volume.description
  return {
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(volume.metadata === undefined ? {} : { metadata: volume.metadata }),
  }
}

const time = { kind: 'time', versions: { from: '3.60' } } as const

/** What volumes are sorted and filtered by. @see openstack/cinder etc/cinder/resource_filters.json */
export const volumeListTable: ListTable = {
  sorts: {
    id: 'id',
    name: 'name',
    display_name: 'name',
    status: 'status',
    size: 'size',
    availability_zone: 'availability_zone',
    created_at: 'created_at',
    updated_at: 'updated_at',
    bootable: 'bootable',
    host: 'host',
    attach_status: 'attach_status',
  },
  filters: {
    id: { kind: 'text', column: 'id' },
    name: { kind: 'text', column: 'name' },
    display_name: { kind: 'text', column: 'name' },
    description: { kind: 'text', column: 'description' },
    status: { kind: 'text', column: 'status' },
    size: { kind: 'number', column: 'size' },
    availability_zone: { kind: 'text', column: 'availability_zone' },
    bootable: { kind: 'flag', column: 'bootable' },
    attach_status: { kind: 'text', column: 'attach_status' },
    user_id: { kind: 'text', column: 'user_id' },
    snapshot_id: { kind: 'text', column: 'snapshot_id' },
    source_volid: { kind: 'text', column: 'source_volid' },
    volume_type_id: { kind: 'text', column: 'volume_type_id' },
    metadata: { kind: 'metadata', column: 'user' },
    glance_metadata: { kind: 'metadata', column: 'image', versions: { from: '3.4' } },
    created_at: { ...time, column: 'created_at' },
    updated_at: { ...time, column: 'updated_at' },
    consumes_quota: { kind: 'nothing', column: '', versions: { from: '3.65' } },
    host: { kind: 'text', column: 'host', admin: true },
    project_id: { kind: 'text', column: 'project_id', admin: true },
    tenant_id: { kind: 'text', column: 'project_id', admin: true },
  },
}
