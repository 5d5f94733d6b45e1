import { z } from 'zod'
import { boolean, parseBody, uuid } from '@longhaul/oslo/api'
import { badRequest } from '@longhaul/oslo/api'
import { invalidInput } from '../answers.ts'
import type { ListTable } from '../list-query.ts'
import type { Microversion } from '../microversions.ts'
import { label, metadata } from '../parameter-types.ts'
import { resettableSnapshotStatuses } from './states.ts'

const createBody = z.strictObject({
  snapshot: z.strictObject({
    name: label.optional(),
    display_name: label.optional(),
    description: label.optional(),
    display_description: label.optional(),
    volume_id: uuid,
    force: boolean.optional(),
    metadata: metadata.nullish(),
  }),
})

export interface SnapshotRequest {
  name: string | null
  description: string | null
  volumeId: string
  /** Whether the volume may be in use. */
  allowInUse: boolean
  metadata: Record<string, string>
}

/** @throws ApiError 400 `invalid_body`, `invalid_input` */
export function parseCreate(body: unknown, version: Microversion): SnapshotRequest {
  const { snapshot } = parseBody(createBody, body)
  const needsNoForce = version.atLeast('3.66')
  if (needsNoForce && snapshot.force === false) {
    throw invalidInput("'force' is invalid since microversion 3.66: snapshots of volumes in use need none.")
  }
  return {
    name: snapshot.name ?? snapshot.display_name ?? null,
    description: snapshot.description ?? snapshot.display_description ?? null,
    volumeId: snapshot.volume_id,
    allowInUse: needsNoForce || snapshot.force === true,
    metadata: snapshot.metadata ?? {},
  }
}

const updateBody = z.strictObject({
  snapshot: z
    .strictObject({
      name: label.optional(),
      display_name: label.optional(),
      description: label.optional(),
      display_description: label.optional(),
    })
    .refine((changes) => Object.keys(changes).length > 0, 'must change something'),
})

/** @throws ApiError 400 `invalid_body` */
export function parseUpdate(body: unknown): { name?: string | null; description?: string | null } {
  const { snapshot } = parseBody(updateBody, body)
  const name = snapshot.name === undefined ? snapshot.display_name : snapshot.name
  const description = snapshot.description === undefined ? snapshot.display_description : snapshot.description
  return { ...(name === undefined ? {} : { name }), ...(description === undefined ? {} : { description }) }
}

const resetBody = z.strictObject({
  'os-reset_status': z.strictObject({ status: z.enum(resettableSnapshotStatuses) }),
})
const forceDeleteBody = z.strictObject({ 'os-force_delete': z.unknown() })

export type SnapshotAction =
  | { action: 'os-reset_status'; status: (typeof resettableSnapshotStatuses)[number] }
  | { action: 'os-force_delete' }

/** @throws ApiError 400 `invalid_body`, `unknown_action` */
export function parseAction(body: unknown): SnapshotAction {
  const name = typeof body === 'object' && body !== null ? Object.keys(body)[0] : undefined
  if (name === 'os-reset_status') {
    return { action: name, status: parseBody(resetBody, body)[name].status }
  }
  if (name === 'os-force_delete') {
    parseBody(forceDeleteBody, body)
    return { action: name }
  }
  throw badRequest('There is no such action.', { code: 'unknown_action' })
}

const listTable: ListTable = {
  sorts: {
    id: 'id',
    name: 'name',
    display_name: 'name',
    status: 'status',
    volume_id: 'volume_id',
    volume_size: 'volume_size',
    created_at: 'created_at',
    updated_at: 'updated_at',
  },
  filters: {
    id: { kind: 'text', column: 'id' },
    name: { kind: 'text', column: 'name' },
    display_name: { kind: 'text', column: 'name' },
    description: { kind: 'text', column: 'description' },
    status: { kind: 'text', column: 'status' },
    volume_id: { kind: 'text', column: 'volume_id' },
    user_id: { kind: 'text', column: 'user_id' },
    metadata: { kind: 'metadata', column: 'user', versions: { from: '3.22' } },
    consumes_quota: { kind: 'nothing', column: '', versions: { from: '3.65' } },
    project_id: { kind: 'text', column: 'project_id', admin: true },
    tenant_id: { kind: 'text', column: 'project_id', admin: true },
  },
}

const { name: _name, ...olderSorts } = listTable.sorts

/** What snapshots are sorted and filtered by. */
export function snapshotListTable(version: Microversion): ListTable {
  return version.atLeast('3.30') ? listTable : { ...listTable, sorts: olderSorts }
}
