import type { FastifyInstance } from 'fastify'
import { notFound } from '@longhaul/oslo/api'
import { policyCredentials, type RequestContext } from '@longhaul/oslo/context'
import type { Enforcer } from '@longhaul/oslo/policy'
import { contextOf, ownedBy } from '../request-context.ts'
import type { InstanceActionStore } from './store.ts'
import { actionView, eventView } from './view.ts'

interface ActionPath {
  Params: { server_id: string; request_id: string }
}

/** The routes of `/servers/{server_id}/os-instance-actions`, relative to `/v2.1`. */
export function instanceActionRoutes(
  app: FastifyInstance,
  { store, policy }: { store: InstanceActionStore; policy: Enforcer },
): void {
  /** A server of another project is not there for who may not act in all of them. */
  const authorize = async (context: RequestContext, serverId: string, action: string) => {
    const owner = await store.owner(serverId)
    const admin = policy.check('context_is_admin', {}, policyCredentials(context))
    if (!owner || (owner.project_id !== context.projectId && !admin)) {
      throw notFound(`Instance ${serverId} could not be found.`, { code: 'server_not_found' })
    }
    policy.authorize(action, ownedBy(owner), context)
  }

  app.get<ActionPath>('/servers/:server_id/os-instance-actions', async (request) => {
    const { server_id: id } = request.params
    await authorize(contextOf(request), id, 'os_compute_api:os-instance-actions:list')
    return { instanceActions: (await store.list(id)).map(actionView) }
  })

  app.get<ActionPath>('/servers/:server_id/os-instance-actions/:request_id', async (request) => {
    const context = contextOf(request)
    const { server_id: id, request_id: requestId } = request.params
    await authorize(context, id, 'os_compute_api:os-instance-actions:show')
    const action = await store.find(id, requestId)
    if (!action) throw notFound(`Action for request ${requestId} not found`, { code: 'action_not_found' })
    const credentials = policyCredentials(context)
    const whole = policy.check('os_compute_api:os-instance-actions:events', {}, credentials)
    const events = await store.events(action.id)
    return { instanceAction: { ...actionView(action), events: events.map((one) => eventView(one, whole)) } }
  })
}
