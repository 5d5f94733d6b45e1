import type { FastifyInstance } from 'fastify'
import type { QuotaRooms } from '@longhaul/oslo/api'
import type { Enforcer } from '@longhaul/oslo/policy'
import { foreignId } from '../parameter-types.ts'
import { anyText, last, parseQuery } from '../query-parameters.ts'
import type { QuotaResource } from '../quota/resources.ts'
import { contextOf, versionOf } from '../request-context.ts'
import { limitsView } from './view.ts'

/** `reserved` is an old parameter that clients still send; nothing is ever reserved. */
const limitsQuery = { tenant_id: last(foreignId).optional(), reserved: last(anyText).optional() }

/** `GET /limits`, relative to `/v2.1`. */
export function limitRoutes(
  app: FastifyInstance,
  {
    quotas,
    policy,
  }: { quotas: { rooms(projectId: string): Promise<QuotaRooms<QuotaResource>> }; policy: Enforcer },
): void {
  app.get('/limits', async (request) => {
    const context = contextOf(request)
    const version = versionOf(request)
    const windows = { reserved: { to: '2.74' } } as const
    const { tenant_id: other } = parseQuery(limitsQuery, request.query, { version, windows })
    policy.authorize('os_compute_api:limits', {}, context)
    if (other !== undefined) {
      policy.authorize('os_compute_api:limits:other_project', { project_id: other }, context)
    }
    const rooms = await quotas.rooms(other ?? context.projectId ?? '')
    return { limits: { rate: [], absolute: limitsView(rooms, version) } }
  })
}
