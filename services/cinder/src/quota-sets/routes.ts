import type { FastifyInstance } from 'fastify'
import { badRequest, unlimited, type QuotaRooms } from '@longhaul/oslo/api'
import { isTrue } from '../parameter-types.ts'
import { quotaResourceNames, type QuotaResource } from '../quota/resources.ts'
import { contextOf, type Policy } from '../request-context.ts'
import { parseQuotaSet, projectOf } from './schema.ts'

interface Parts {
  quotas: {
    rooms(projectId: string): Promise<QuotaRooms<QuotaResource>>
    limits(projectId: string): Promise<Record<QuotaResource, number>>
    defaults(): Record<QuotaResource, number>
    setProject(projectId: string, limits: Partial<Record<QuotaResource, number>>): Promise<void>
    forgetProject(projectId: string): Promise<void>
  }
  policy: Policy
}

interface QuotaPath {
  Params: { target_project_id: string }
  Querystring: { usage?: string }
}

/** The routes of `/os-quota-sets`, relative to `/v3`. */
export function quotaSetRoutes(app: FastifyInstance, { quotas, policy }: Parts): void {
  const path = '/os-quota-sets/:target_project_id'

  app.get<QuotaPath>(path, async (request) => {
    const id = projectOf(request.params.target_project_id)
    policy.authorize('volume_extension:quotas:show', { project_id: id }, contextOf(request))
    const set = isTrue(request.query.usage) ? withUsage(await quotas.rooms(id)) : await quotas.limits(id)
    return { quota_set: { ...set, id } }
  })

  app.get<QuotaPath>(`${path}/defaults`, async (request) => {
    const id = projectOf(request.params.target_project_id)
    policy.authorize('volume_extension:quotas:show', { project_id: id }, contextOf(request))
    return { quota_set: { ...quotas.defaults(), id } }
  })

  app.put<QuotaPath>(path, async (request) => {
    const id = projectOf(request.params.target_project_id)
    policy.authorize('volume_extension:quotas:update', { project_id: id }, contextOf(request))
    const limits = parseQuotaSet(request.body)
    refuseBelowUse(limits, await quotas.rooms(id))
    await quotas.setProject(id, limits)
    return { quota_set: await quotas.limits(id) }
  })

  app.delete<QuotaPath>(path, async (request, reply) => {
    const id = projectOf(request.params.target_project_id)
    policy.authorize('volume_extension:quotas:delete', { project_id: id }, contextOf(request))
    await quotas.forgetProject(id)
    return await reply.code(200).send()
  })
}

/** Nothing is ever allocated to projects below, and what is reserved is in use at once. */
function withUsage(rooms: QuotaRooms<QuotaResource>) {
  const all = quotaResourceNames.map((name) => {
    const { limit, used } = rooms[name]
    return [name, { limit, in_use: used, reserved: 0 }]
  })
  return Object.fromEntries(all) as Record<QuotaResource, { limit: number; in_use: number; reserved: number }>
}

function refuseBelowUse(
  limits: Partial<Record<QuotaResource, number>>,
  rooms: QuotaRooms<QuotaResource>,
): void {
  for (const [name, limit] of Object.entries(limits) as [QuotaResource, number][]) {
    const { used } = rooms[name]
    if (limit === unlimited || limit >= used) continue
    throw badRequest(
      `Quota ${name} limit must be equal or greater than existing resources. Current usage is ${used} and the requested limit is ${limit}.`,
      { code: 'quota_below_use' },
    )
  }
}
