import type { ZodType } from 'zod'
import { badRequest } from '../api-error.ts'

/**
 * Checks a body (or a query) against a schema.
 *
 * @returns what the schema makes of it
 * @throws ApiError 400 `invalid_body` naming the place (`server/networks/0/uuid`) and what was expected there, never the
 *   value
 */
export function parseBody<T>(schema: ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const path = (issue?.path ?? []).map(String).join('/')
  const message = issue?.message ?? 'invalid'
  throw badRequest(
    path === ''
      ? `Invalid input for the request body: ${message}`
      : `Invalid input for field '${path}': ${message}`,
    { code: 'invalid_body' },
  )
}
