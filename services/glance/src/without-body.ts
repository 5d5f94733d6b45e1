import type { FastifyRequest } from 'fastify'
import { badRequest } from '@longhaul/oslo/api'

/**
 * Options of a route whose requests must not have a body.
 *
 * @see openstack/glance glance/api/v2/router.py, body_reject
 */
export const withoutBody = { onRequest: async (request: FastifyRequest) => assertNoBody(request) }

/** @throws ApiError 400 `body_not_expected` */
function assertNoBody({ headers }: FastifyRequest): void {
  const length = headers['content-length']
  if (headers['transfer-encoding'] === undefined && (length === undefined || Number(length) === 0)) return
  throw badRequest('A body is not expected with this request.', { code: 'body_not_expected' })
}
