import type { FastifyInstance, FastifyRequest } from 'fastify'
import { badRequest, nextPage, notFound, pageOf } from '@longhaul/oslo/api'
import { policyCredentials, type RequestContext } from '@longhaul/oslo/context'
import type { Enforcer } from '@longhaul/oslo/policy'
import { linksOf } from '../links.ts'
import type { Microversion } from '../microversions.ts'
import { maxLimit, parseQuery } from '../query-parameters.ts'
import { contextOf, isAdmin, ownedBy, versionOf } from '../request-context.ts'
import { actionListQuery } from './schema.ts'
import type { InstanceActionStore } from './store.ts'
import { actionView, eventView, showsEvents } from './view.ts'

interface ActionPath {
  Params: { server_id: string; request_id: string }
}

interface InstanceActionOptions {
  store: InstanceActionStore
  policy: Enforcer
}

/** The routes of `/servers/{server_id}/os-instance-actions`, relative to `/v2.1`. */
export function instanceActionRoutes(app: FastifyInstance, options: InstanceActionOptions): void {
  const { store, policy } = options
  const path = '/servers/:server_id/os-instance-actions'

  app.get<ActionPath>(path, async (request) => {
    const { server_id: id } = request.params
    const version = versionOf(request)
    if (version.atLeast('2.58')) return await pageOfActions(options, request, id)
    await authorize(options, request, id, 'list')
    return { instanceActions: (await store.list(id)).map((action) => actionView(action, version)) }
  })

  app.get<ActionPath>(`${path}/:request_id`, async (request) => {
    const context = contextOf(request)
    const version = versionOf(request)
    const { server_id: id, request_id: requestId } = request.params
    const target = await authorize(options, request, id, 'show')
    const action = await store.find(id, requestId)
    if (!action) throw notFound(`Action ${requestId} not found`, { code: 'action_not_found' })
    const may = (name: string) =>
      policy.check(`os_compute_api:os-instance-actions:${name}`, target, policyCredentials(context))
    const rights = { whole: may('events'), details: may('events:details') }
    const view = actionView(action, version)
    if (!showsEvents(version, rights)) return { instanceAction: view }
    const events = await store.events(action.id)
    const shown = events.map((event) => eventView(event, action.project_id, { version, rights }))
    return { instanceAction: { ...view, events: shown } }
  })
}

/** The list from microversion 2.58 on. */
async function pageOfActions(options: InstanceActionOptions, request: FastifyRequest, id: string) {
  const { store } = options
  const version = versionOf(request)
  const windows = { 'changes-before': { from: '2.66' } } as const
  const query = parseQuery(actionListQuery, request.query, { version, strictFrom: '2.58', windows })
  await authorize(options, request, id, 'list')
  const { 'changes-since': changedSince, 'changes-before': changedBefore } = query
  if (changedSince && changedBefore && changedBefore < changedSince) {
    throw badRequest('The value of changes-since must be less than or equal to changes-before.', {
      code: 'invalid_filter',
    })
  }
  const page = pageOf(query, { maxLimit, zero: 'none' })
  const marker = page.marker === undefined ? undefined : await store.find(id, page.marker)
  if (page.marker !== undefined && !marker) {
    throw badRequest(`Marker ${page.marker} could not be found.`, { code: 'marker_not_found' })
  }
  const actions = await store.list(
    id,
    { changedSince, changedBefore },
    { limit: page.limit, before: marker?.id },
  )
  const href = nextPage({
    url: linksOf(request).self(`/servers/${id}/os-instance-actions`),
    query: request.query as Record<string, unknown>,
    page,
    ids: actions.map((action) => action.request_id),
  })
  return {
    instanceActions: actions.map((action) => actionView(action, version)),
    ...(href === undefined ? {} : { links: [{ rel: 'next', href }] }),
  }
}

/**
 * A server of another project is not there for who may not act in all of them, nor is a deleted one before 2.21.
 *
 * @returns the target of further rules
 */
async function authorize(
  { store, policy }: InstanceActionOptions,
  request: FastifyRequest,
  serverId: string,
  action: 'list' | 'show',
): Promise<Record<string, unknown>> {
  const context: RequestContext = contextOf(request)
  const version: Microversion = versionOf(request)
  const owner = await store.owner(serverId, version.atLeast('2.21'))
  if (!owner || (owner.project_id !== context.projectId && !isAdmin(policy, context))) {
    throw notFound(`Instance ${serverId} could not be found.`, { code: 'server_not_found' })
  }
  const target = ownedBy(owner)
  policy.authorize(`os_compute_api:os-instance-actions:${action}`, target, context)
  return target
}
