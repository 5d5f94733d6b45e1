import { z } from 'zod'
import { badRequest, parseBody } from '@longhaul/oslo/api'
import type { Microversion } from '../microversions.ts'
import { boolean, foreignId, integer } from '../parameter-types.ts'
import { last, refuseKeysOutside } from '../query-parameters.ts'
import type { Limits } from '../quota/store.ts'
import { limitShape, quotaWindows } from '../quota/schema.ts'

const updateQuotaSetBody = z.strictObject({
  quota_set: z.strictObject({
    ...limitShape,
    /** Of the time when Nova had networks of its own. */
    networks: integer(-1).optional(),
    force: boolean.optional(),
  }),
})

/** Reads the body of `PUT /os-quota-sets/{project_id}`. @throws ApiError 400 */
export function parseQuotaSet(body: unknown, version: Microversion): { limits: Limits; force: boolean } {
  refuseKeysOutside(body, 'quota_set', version, { ...quotaWindows('sets'), networks: { to: '2.35' } })
  const { force = false, networks, ...limits } = parseBody(updateQuotaSetBody, body).quota_set
  if (networks !== undefined) {
    throw badRequest('The networks quota has been removed', { code: 'quota_networks' })
  }
  const given = Object.entries(limits).filter(([, limit]) => limit !== undefined)
  return { limits: Object.fromEntries(given), force }
}

/** Query of all of `/os-quota-sets/{project_id}`. */
export const quotaSetQuery = { user_id: last(foreignId).optional() }
