import { badRequest, notFound, requestIds } from '@longhaul/oslo/api'
import { contextFromIdentity, policyCredentials, type RequestContext } from '@longhaul/oslo/context'
import type { Enforcer } from '@longhaul/oslo/policy'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Microversion } from './microversions.ts'

/** Who asks. @throws ApiError 401 `not_authenticated` */
export function contextOf(request: FastifyRequest): RequestContext {
  return contextFromIdentity(request.keystone, requestIds(request))
}

/** In which version of the API. */
export function versionOf(request: FastifyRequest): Microversion {
  return request.microversion
}

/** What policy rules compare an owner's credentials with. */
export function ownedBy(resource: { project_id: string; user_id: string }): Record<string, unknown> {
  return { project_id: resource.project_id, user_id: resource.user_id }
}

/** The target of rules about things that have no owner yet: they would be the caller's. */
export function ownTarget(context: RequestContext): Record<string, unknown> {
  return { project_id: context.projectId, user_id: context.userId }
}

/** Whether the caller is what the rules call an administrator. */
export function isAdmin(policy: Enforcer, context: RequestContext): boolean {
  return policy.check('context_is_admin', {}, policyCredentials(context))
}

/** The first part of a path is a project's id only if it looks like one. */
const projectIdShape = /^[0-9a-f-]+$/

/** Refuses URLs with the id of another project than the token's. @see openstack/nova nova/api/openstack/wsgi.py */
export function requireOwnProject(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    const { project_id: named } = request.params as { project_id?: string }
    const { projectId } = contextOf(request)
    if (named === undefined || !projectIdShape.test(named)) {
      throw notFound('The resource could not be found.', { code: 'route_not_found' })
    }
    if (named === projectId) return
    throw badRequest(
      `Malformed request URL: URL's project_id '${named}' doesn't match Context's project_id '${projectId ?? 'None'}'`,
      { code: 'project_id_mismatch' },
    )
  })
}
