import type { FastifyInstance } from 'fastify'
import { parseBody } from '@longhaul/oslo/api'
import type { Guard } from '../api/guard.ts'
import { isStorable } from '../api/storable.ts'
import { notFound } from '@longhaul/oslo/api'
import { contextOf } from '../identity.ts'
import type { Hosts } from './hosts.ts'
import { hostReport, portsQuery } from './schema.ts'

interface HostPath {
  Params: { host: string }
}

/** The inner interface that the L2 agents of hosts speak to. */
export function hostRoutes(app: FastifyInstance, { hosts, guard }: { hosts: Hosts; guard: Guard }): void {
  const one = '/internal/v1/hosts/:host'

  // A host's report names every port that is plugged in there.
  app.put<HostPath>(one, { bodyLimit: 8 * 1024 * 1024 }, async (request) => {
    guard.authorize(contextOf(request), 'l2_agents', {})
    await hosts.report(hostName(request.params.host), parseBody(hostReport, request.body))
    return {}
  })

  app.get<HostPath>(`${one}/ports`, async (request) => {
    guard.authorize(contextOf(request), 'l2_agents', {})
    const { since, wait } = parseBody(portsQuery, request.query)
    return await hosts.ports(hostName(request.params.host), since, wait * 1000)
  })
}

/** @throws ApiError 404 for what no database holds */
function hostName(host: string): string {
  if (isStorable(host) && host !== '' && host.length <= 255) return host
  throw notFound('There is no host of this name.')
}
