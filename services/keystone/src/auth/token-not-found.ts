import { notFound, type ApiError } from '@longhaul/oslo/api'
import type { TokenProblem } from '../token/provider.ts'

/**
 * 404 for a subject token. The client is not told whether it is expired, revoked or without a user; the log is.
 *
 * @param problem `access_rules`: its receiver does not know access rules
 */
export function tokenNotFound(problem: TokenProblem | 'access_rules'): ApiError {
  return notFound(messages[problem] ?? 'Failed to validate token', {
    code: 'token_not_found',
    detail: problem,
  })
}

const messages: Partial<Record<TokenProblem | 'access_rules', string>> = {
  absent: 'No token in the request',
  unrecognized: 'Could not recognize Fernet token',
}
