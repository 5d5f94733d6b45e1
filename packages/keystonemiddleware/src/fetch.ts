import type { AdapterOptions } from './adapter-options.ts'
import type { AuthToken } from './auth-token.ts'
import { judgeFetchRequest, lacksChallenge, responseOf } from './fetch-request.ts'
import type { KeystoneRequest } from './verdict.ts'

/** A request behind {@link fetchAuthToken}. */
export type AuthenticatedRequest = Request & {
  /** Who calls. */
  keystone: KeystoneRequest
}

/**
 * Puts auth_token before a handler of the Fetch standard, for servers that take `{ fetch(request) }`. Further arguments of
 * the server are passed on.
 *
 * @see https://fetch.spec.whatwg.org/#request-class
 */
export function fetchAuthToken<Rest extends unknown[]>(
  authToken: AuthToken,
  handler: (request: AuthenticatedRequest, ...rest: Rest) => Response | Promise<Response>,
  options: AdapterOptions<Request> = {},
): (request: Request, ...rest: Rest) => Promise<Response> {
  return async (came, ...rest) => {
    const { request, verdict } = await judgeFetchRequest(authToken, came, came, options)
    if (verdict.kind === 'rejected') return responseOf(verdict)
    const response = await handler(Object.assign(request, { keystone: verdict.keystone }), ...rest)
    if (!lacksChallenge(response)) return response
    const answer = new Response(response.body, response)
    answer.headers.set('WWW-Authenticate', authToken.challenge)
    return answer
  }
}
