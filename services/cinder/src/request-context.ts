import type { FastifyInstance, FastifyRequest } from 'fastify'
import { badRequest, notFound, requestIds } from '@longhaul/oslo/api'
import { contextFromIdentity, policyCredentials, type RequestContext } from '@longhaul/oslo/context'
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
export function ownedBy(resource: { project_id: string; user_id?: string }): Record<string, unknown> {
  return { project_id: resource.project_id, user_id: resource.user_id }
}

/** The target of rules about things that have no owner yet: they would be the caller's. */
export function ownTarget(context: RequestContext): Record<string, unknown> {
  return { project_id: context.projectId, user_id: context.userId }
}

/** As much of the policy as resources need. */
export interface Policy {
  check(action: string, target: Record<string, unknown>, credentials: Record<string, unknown>): boolean
  /** @throws ApiError 403 */
  authorize(action: string, target: Record<string, unknown>, context: RequestContext): void
}

/** What rules see of a caller: `is_admin` is whether he meets `context_is_admin`. */
export function credentialsOf(
  policy: Pick<Policy, 'check'>,
  context: RequestContext,
): Record<string, unknown> {
  const credentials = policyCredentials(context)
  return { ...credentials, is_admin: policy.check('context_is_admin', {}, credentials) }
}

/** Whether a rule is met. */
export function allows(
  policy: Policy,
  context: RequestContext,
  action: string,
  target: Record<string, unknown>,
): boolean {
  return policy.check(action, target, credentialsOf(policy, context))
}

/** Whether the caller is what the rules call an administrator: sees the resources of all projects. */
export function isAdmin(policy: Policy, context: RequestContext): boolean {
  return allows(policy, context, 'context_is_admin', {})
}

/** The first part of a path is a project's id only if it looks like one. */
const projectIdShape = /^[0-9a-zA-Z_-]+$/

/** Refuses URLs with the id of another project than the token's. @see openstack/cinder cinder/api/openstack/wsgi.py */
export function requireOwnProject(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    const { project_id: named } = request.params as { project_id?: string }
    const { projectId } = contextOf(request)
    if (named === undefined || !projectIdShape.test(named)) {
      throw notFound('The resource could not be found.', { code: 'route_not_found' })
    }
    if (named === projectId) return
    throw badRequest('Malformed request url', { code: 'project_id_mismatch' })
  })
}

/** URLs without the id of a project are there from 3.67 on. */
export function requireVersionForNoProject(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    if (versionOf(request).atLeast('3.67')) return
    throw notFound('The resource could not be found.', { code: 'route_not_found' })
  })
}
