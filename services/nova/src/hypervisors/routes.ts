import type { FastifyInstance, FastifyRequest } from 'fastify'
import { badRequest, computePageLinks, pageOf } from '@longhaul/oslo/api'
import { linksOf } from '../links.ts'
import { served } from '../microversions.ts'
import { maxLimit, parseQuery } from '../query-parameters.ts'
import { contextOf, versionOf } from '../request-context.ts'
import type { Hypervisors } from './hypervisors.ts'
import { hypervisorListQuery, hypervisorPageQuery, hypervisorShowQuery } from './schema.ts'
import type { Hypervisor } from './store.ts'
import { hypervisorStatistics, hypervisorSummary, hypervisorView } from './view.ts'

interface HypervisorPath {
  /** An id, or up to microversion 2.52 a part of a name. */
  Params: { hypervisor_id: string }
}

type View = typeof hypervisorSummary | typeof hypervisorView

/** The routes of `/os-hypervisors`, relative to `/v2.1`. */
export function hypervisorRoutes(app: FastifyInstance, hypervisors: Hypervisors): void {
  const shown = (request: FastifyRequest, hypervisor: Hypervisor, view: View) =>
    view(hypervisor, { version: versionOf(request), up: hypervisors.isUp(hypervisor) })
  const byUuid = (request: FastifyRequest) => versionOf(request).atLeast('2.53')

  for (const [path, action, view] of [
    ['/os-hypervisors', 'list', hypervisorSummary],
    ['/os-hypervisors/detail', 'list-detail', hypervisorView],
  ] as const) {
    app.get(path, async (request) => {
      const context = contextOf(request)
      const asked = listQueryOf(request)
      const { pattern, withServers, page } = asked
      const list =
        pattern === undefined
          ? await hypervisors.list(context, action, page, byUuid(request))
          : await hypervisors.search(context, action, pattern)
      const views = list.map((hypervisor) => ({
        ...shown(request, hypervisor, view),
        ...serversOf(request, hypervisor, withServers),
      }))
      if (!page) return { hypervisors: views }
      const ids = views.map(({ id }) => String(id))
      const query = request.query as Record<string, unknown>
      const url = linksOf(request).self(path)
      return { hypervisors: views, ...computePageLinks('hypervisors', { url, query, page, ids }) }
    })
  }

  app.get('/os-hypervisors/statistics', served({ to: '2.87' }), async (request) => {
    const all = await hypervisors.list(contextOf(request), 'statistics')
    return { hypervisor_statistics: hypervisorStatistics(all) }
  })

  app.get<HypervisorPath>('/os-hypervisors/:hypervisor_id', async (request) => {
    const { hypervisor_id: id } = request.params
    const uuids = byUuid(request)
    const query = uuids
      ? parseQuery(hypervisorShowQuery, request.query, { version: versionOf(request), strictFrom: '2.53' })
      : {}
    const hypervisor = await hypervisors.show(contextOf(request), id, uuids)
    const servers = serversOf(request, hypervisor, query.with_servers === true)
    return { hypervisor: { ...shown(request, hypervisor, hypervisorView), ...servers } }
  })

  app.get<HypervisorPath>(
    '/os-hypervisors/:hypervisor_id/uptime',
    served({ to: '2.87' }),
    async (request) => {
      const { hypervisor_id: id } = request.params
      const { hypervisor, uptime } = await hypervisors.uptime(contextOf(request), id, byUuid(request))
      return { hypervisor: { ...shown(request, hypervisor, hypervisorSummary), uptime } }
    },
  )

  for (const action of ['search', 'servers'] as const) {
    const path = `/os-hypervisors/:hypervisor_id/${action}`
    app.get<HypervisorPath>(path, served({ to: '2.52' }), async (request) => {
      const found = await hypervisors.search(contextOf(request), action, request.params.hypervisor_id)
      return {
        hypervisors: found.map((hypervisor) => ({
          ...shown(request, hypervisor, hypervisorSummary),
          ...serversOf(request, hypervisor, action === 'servers'),
        })),
      }
    })
  }
}

/** Servers are shown if there are any; without them only from 2.75 on. */
function serversOf(request: FastifyRequest, { servers }: Hypervisor, asked: boolean) {
  if (!asked || (servers.length === 0 && !versionOf(request).atLeast('2.75'))) return {}
  return { servers: servers.map(({ name, uuid }) => ({ name, uuid })) }
}

/** @throws ApiError 400 */
function listQueryOf(request: FastifyRequest) {
  const version = versionOf(request)
  if (!version.atLeast('2.33')) return { withServers: false }
  if (!version.atLeast('2.53')) {
    const query = parseQuery(hypervisorPageQuery, request.query, { version })
    return { withServers: false, page: pageOf(query, { maxLimit, zero: 'none' }) }
  }
  const query = parseQuery(hypervisorListQuery, request.query, { version, strictFrom: '2.53' })
  const { hypervisor_hostname_pattern: pattern, with_servers: withServers = false } = query
  if (pattern === undefined) return { withServers, page: pageOf(query, { maxLimit, zero: 'none' }) }
  if (query.limit === undefined && query.marker === undefined) return { withServers, pattern }
  throw badRequest(
    'Paging over hypervisors with the hypervisor_hostname_pattern query parameter is not supported.',
    { code: 'paging_unsupported' },
  )
}
