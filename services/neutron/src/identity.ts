import type { FastifyRequest } from 'fastify'
import { requestIds } from '@longhaul/oslo/api'
import { contextFromIdentity, type RequestContext } from '@longhaul/oslo/context'

/** Who asks. @throws ApiError 401 `not_authenticated` */
export function contextOf(request: FastifyRequest): RequestContext {
  return contextFromIdentity(request.keystone, requestIds(request))
}
