import { z } from 'zod'
import { parseBody } from '@longhaul/oslo/api'
import type { Microversion } from '../microversions.ts'
import { boolean, tag, text, uuid } from '../parameter-types.ts'
import { last, parseQuery, refuseKeysOutside } from '../query-parameters.ts'

const device = text(0, 255)
  .regex(/^\/dev\/x?[a-z]?d?[a-z]+[0-9]*$/, 'is no device')
  .nullable()
const wrapper = 'volumeAttachment'

const createBody = z.strictObject({
  volumeAttachment: z.strictObject({
    volumeId: uuid,
    device: device.optional(),
    tag: tag.optional(),
    delete_on_termination: boolean.optional(),
  }),
})

const updateBody = z.strictObject({
  volumeAttachment: z.strictObject({
    volumeId: uuid,
    id: uuid.optional(),
    serverId: uuid.optional(),
    device: device.optional(),
    tag: tag.optional(),
    delete_on_termination: boolean.optional(),
  }),
})

export type AttachRequest = z.output<typeof createBody>['volumeAttachment']
export type UpdateRequest = z.output<typeof updateBody>['volumeAttachment']

/** @throws ApiError 400 */
export function parseAttach(body: unknown, version: Microversion): AttachRequest {
  refuseKeysOutside(body, wrapper, version, {
    tag: { from: '2.49' },
    delete_on_termination: { from: '2.79' },
  })
  return parseBody(createBody, body).volumeAttachment
}

/** @throws ApiError 400 */
export function parseUpdate(body: unknown, version: Microversion): UpdateRequest {
  const later = { from: '2.85' } as const
  refuseKeysOutside(body, wrapper, version, {
    id: later,
    serverId: later,
    device: later,
    tag: later,
    delete_on_termination: later,
  })
  return parseBody(updateBody, body).volumeAttachment
}

const number = last(text(1, 15).regex(/^[0-9]+$/, 'must be a whole number')).optional()

/** Query of the list. @throws ApiError 400 */
export function parseListQuery(
  query: unknown,
  version: Microversion,
): { limit: string | undefined; offset: number } {
  const { limit, offset = '0' } = parseQuery({ limit: number, offset: number }, query, { version })
  return { limit, offset: Number(offset) }
}
