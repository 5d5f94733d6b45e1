import type { FastifyInstance } from 'fastify'
import type { Enforcer } from '@longhaul/oslo/policy'
import { contextOf } from '../request-context.ts'

/** Hosts are in no aggregates here; clients ask for the list with every hypervisor that they show. */
export function aggregateRoutes(app: FastifyInstance, { policy }: { policy: Enforcer }): void {
  app.get('/os-aggregates', async (request) => {
    policy.authorize('os_compute_api:os-aggregates:index', {}, contextOf(request))
    return { aggregates: [] }
  })
}
