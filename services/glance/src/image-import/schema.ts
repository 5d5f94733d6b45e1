import { z } from 'zod'
import { badRequest, parseBody } from '@longhaul/oslo/api'

/** A body of `POST /v2/images/{id}/import`, of which the rest is for services with several stores. */
export type ImportRequest = z.infer<typeof importBody>

const importBody = z.object({
  method: z.object(
    { name: z.string({ error: "Import request requires a 'name' field." }).max(255) },
    { error: "Import request requires a 'method' field." },
  ),
  all_stores_must_succeed: z.boolean().optional(),
  all_stores: z.boolean().optional(),
  stores: z.array(z.string().max(255)).max(100).optional(),
})

/**
 * Reads what is asked for.
 *
 * @param enabled methods that are offered
 * @throws ApiError 400 `invalid_body`, `import_method_unknown`, `one_store`
 */
export function parseImport(body: unknown, enabled: readonly string[]): ImportRequest {
  if (body === undefined) throw badRequest('Body expected in request.', { code: 'invalid_body' })
  const request = parseBody(importBody, body)
  const { name } = request.method
  if (!enabled.includes(name)) {
    throw badRequest(`Unknown import method name '${name}'.`, { code: 'import_method_unknown' })
  }
  if (request.all_stores_must_succeed === false) {
    throw badRequest('All_stores_must_succeed can only be set with enabled_backends', { code: 'one_store' })
  }
  return request
}
