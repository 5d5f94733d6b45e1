import type { IncomingMessage } from 'node:http'
import type { Context, MiddlewareHandler } from 'hono'
import type { AdapterOptions } from './adapter-options.ts'
import type { AuthToken } from './auth-token.ts'
import { judgeFetchRequest, lacksChallenge, responseOf } from './fetch-request.ts'
import { stripForgedHeaders } from './forged-headers.ts'
import type { KeystoneRequest } from './verdict.ts'

declare module 'hono' {
  interface ContextVariableMap {
    /** Who calls; set behind {@link honoAuthToken}. */
    keystone: KeystoneRequest
  }
}

/**
 * auth_token as middleware of hono: `app.use(honoAuthToken(authToken))` before what needs to know its caller, who is then in
 * `c.var.keystone`.
 *
 * @see https://hono.dev/docs/guides/middleware
 */
export function honoAuthToken(
  authToken: AuthToken,
  options: AdapterOptions<Context> = {},
): MiddlewareHandler {
  return async (c, next) => {
    // On node the message behind the request is within the application's reach too.
    const { incoming } = (c.env ?? {}) as { incoming?: IncomingMessage }
    if (incoming) stripForgedHeaders(incoming)
    const { request, verdict } = await judgeFetchRequest(authToken, c.req.raw, c, options)
    if (verdict.kind === 'rejected') return responseOf(verdict)
    c.req.raw = request
    c.set('keystone', verdict.keystone)
    await next()
    if (lacksChallenge(c.res)) c.header('WWW-Authenticate', authToken.challenge)
    return undefined
  }
}
