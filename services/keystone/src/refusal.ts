import { badRequest, unauthorized, type ApiError } from '@longhaul/oslo/api'

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

/**
 * 400 for something that is not where it must be, in the words that clients know.
 *
 * @param attribute what is missing
 * @param target where it was looked for
 * @see keystone, exception.py, ValidationError
 */
export function expecting(attribute: string, target: string, code: string): ApiError {
  return badRequest(`Expecting to find ${attribute} in ${target}. ${clientError}`, { code })
}

/** What Keystone adds to a request that it cannot read. */
export const clientError =
  'The server could not comply with the request since it is either malformed or otherwise incorrect. ' +
  'The client is assumed to be in error.'
