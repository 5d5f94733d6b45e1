import type { FastifyInstance } from 'fastify'
import { parseBody } from '@longhaul/oslo/api'
import type { Logger } from '@longhaul/oslo/log'
import type { Enforcer } from '@longhaul/oslo/policy'
import { contextOf } from '../request-context.ts'
import { hostReportBody, type HostReport } from './schema.ts'
import type { HostStore } from './store.ts'

interface HostPath {
  Params: { host: string }
}

export interface HostRoutesOptions {
  store: HostStore
  policy: Enforcer
  /** Makes servers what their host says of them. */
  syncPowerStates(
    host: string,
    guests: HostReport['guests'],
    looked: Date,
  ): Promise<{ server: string; from: string; to: string }[]>
  /** Notes that the host's nova-compute lives. */
  reportService(host: string): Promise<void>
  now: () => Date
  randomUUID: () => string
  logger: Logger
}

/** The internal listener's one route: hosts report that they live, and what runs on them. */
export function hostRoutes(app: FastifyInstance, options: HostRoutesOptions): void {
  const { store, policy, logger } = options
  app.put<HostPath>('/internal/v1/hosts/:host', async (request) => {
    policy.authorize('compute_agents', {}, contextOf(request))
    const { host } = request.params
    const report = parseBody(hostReportBody, request.body)
    const looked = new Date(options.now().getTime() - report.age_ms)
    const added = await store.report(host, report, options.now(), options.randomUUID())
    if (added) logger.info({ host, url: report.url }, 'new host')
    await options.reportService(host)
    const changes = await options.syncPowerStates(host, report.guests, looked)
    for (const change of changes) logger.info({ host, ...change }, 'power state changed')
    return {}
  })
}
