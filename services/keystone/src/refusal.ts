import { unauthorized, type ApiError } from '@longhaul/oslo/api'

/**
 * The one answer to everything that is wrong with a login or a caller's token: it does not tell what.
 *
 * @param detail for the log only
 */
export function notAuthenticated(detail: string, extra?: Record<string, unknown>): ApiError {
  return unauthorized('The request you have made requires authentication.', {
    code: 'not_authenticated',
    detail,
    ...(extra ? { extra } : {}),
  })
}
