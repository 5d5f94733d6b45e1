import { requestIds } from '@longhaul/oslo/api'
import { contextFromIdentity, type RequestContext } from '@longhaul/oslo/context'
import type { FastifyRequest } from 'fastify'

/** Who asks. @throws ApiError 401 `not_authenticated` */
export function contextOf(request: FastifyRequest): RequestContext {
  return contextFromIdentity(request.keystone, requestIds(request))
}

/** What policy rules compare an owner's credentials with. */
export function ownedBy(resource: { project_id: string; user_id: string }): Record<string, unknown> {
  return { project_id: resource.project_id, user_id: resource.user_id }
}

/** The target of rules about things that have no owner yet: they would be the caller's. */
export function ownTarget(context: RequestContext): Record<string, unknown> {
  return { project_id: context.projectId, user_id: context.userId }
}
