import { z } from 'zod'
import { badRequest, parseBody, uuid } from '@longhaul/oslo/api'
import { connector, storable, type Connector } from '../connector.ts'
import type { ListTable } from '../list-query.ts'
import type { Microversion } from '../microversions.ts'

const createShape = {
  volume_uuid: uuid,
  instance_uuid: uuid.nullish(),
  connector: connector.nullish(),
}
const createBody = z.strictObject({ attachment: z.strictObject(createShape) })
const createBodyWithMode = z.strictObject({
  attachment: z.strictObject({ ...createShape, mode: z.enum(['rw', 'ro']).optional() }),
})

export interface AttachmentRequest {
  volumeId: string
  instanceId: string | null
  connector: Connector | undefined
  mode: 'rw' | 'ro' | null
}

/** @throws ApiError 400 `invalid_body` */
export function parseCreate(body: unknown, version: Microversion): AttachmentRequest {
  const parsed = version.atLeast('3.54')
    ? parseBody(createBodyWithMode, body).attachment
    : { ...parseBody(createBody, body).attachment, mode: undefined }
  const wanted = parsed.connector ?? undefined
  return {
    volumeId: parsed.volume_uuid,
    instanceId: parsed.instance_uuid ?? null,
    connector: wanted && Object.keys(wanted).length > 0 ? storable(wanted) : undefined,
    mode: parsed.mode ?? null,
  }
}

const updateBody = z.strictObject({
  attachment: z.strictObject({
    connector: connector.refine((one) => Object.keys(one).length > 0, 'must not be empty'),
  }),
})

/** @throws ApiError 400 `invalid_body` */
export function parseUpdate(body: unknown): Connector {
  return storable(parseBody(updateBody, body).attachment.connector)
}

/** @throws ApiError 400 `unknown_action` */
export function requireComplete(body: unknown): void {
  if (typeof body === 'object' && body !== null && Object.hasOwn(body, 'os-complete')) return
  throw badRequest('There is no such action.', { code: 'unknown_action' })
}

/** What attachments are sorted and filtered by. */
export const attachmentListTable: ListTable = {
  sorts: {
    id: 'id',
    volume_id: 'volume_id',
    attach_status: 'attach_status',
    instance_uuid: 'instance_uuid',
    created_at: 'created_at',
  },
  filters: {
    volume_id: { kind: 'text', column: 'volume_id' },
    status: { kind: 'text', column: 'attach_status' },
    attach_status: { kind: 'text', column: 'attach_status' },
    instance_id: { kind: 'text', column: 'instance_uuid' },
    project_id: { kind: 'text', column: 'project_id', admin: true },
  },
}
