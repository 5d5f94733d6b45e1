import type { FastifyRequest } from 'fastify'

/**
 * What rules see of a call: the ids in its path at the top, what these ids stand for under `target`. What the client sent
 * stands apart under `request_body` and `filter_attr`: above the rest it would let a caller choose its own target
 * (CVE-2026-42999).
 *
 * @param ids of the path, under the names that policy files know (`user_id`)
 * @param objects what was found, or is to be made, by kind
 * @see keystone, common/rbac_enforcer/enforcer.py
 */
export function policyTarget(
  request: FastifyRequest,
  ids: Record<string, string>,
  objects: Record<string, unknown>,
): Record<string, unknown> {
  return { ...ids, target: objects, request_body: request.body ?? {}, filter_attr: request.query }
}
