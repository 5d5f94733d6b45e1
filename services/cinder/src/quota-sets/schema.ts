import { z } from 'zod'
import { badRequest, integer, parseBody } from '@longhaul/oslo/api'
import { quotaResourceNames, type QuotaResource } from '../quota/resources.ts'
import { isStorable } from '../parameter-types.ts'

const limit = integer(-1).optional()
const limits = Object.fromEntries(quotaResourceNames.map((name) => [name, limit])) as Record<
  QuotaResource,
  typeof limit
>

/** Keys that clients send along and that are no quotas. */
const any = z.unknown().optional()
const ignored = { tenant_id: any, id: any, skip_validation: any, force: any }

const quotaSetBody = z.strictObject({
  quota_set: z.strictObject({ ...limits, ...ignored }),
})

/** @throws ApiError 400 `invalid_body` */
export function parseQuotaSet(body: unknown): Partial<Record<QuotaResource, number>> {
  const { quota_set: set } = parseBody(quotaSetBody, body)
  const given = quotaResourceNames.flatMap((name) => (set[name] === undefined ? [] : [[name, set[name]]]))
  return Object.fromEntries(given) as Partial<Record<QuotaResource, number>>
}

/** The project of a path. @throws ApiError 400 `invalid_project` */
export function projectOf(text: string): string {
  if (text.length <= 255 && isStorable(text)) return text
  throw badRequest('This is no id of a project.', { code: 'invalid_project' })
}
