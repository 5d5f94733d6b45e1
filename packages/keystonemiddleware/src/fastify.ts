import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AuthToken } from './auth-token.ts'
import { stripForgedHeaders } from './forged-headers.ts'
import { unauthenticatedRequest } from './keystone-request.ts'
import type { KeystoneRequest } from './verdict.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls; set before every handler of an application with {@link fastifyAuthToken}. */
    keystone: KeystoneRequest
  }
}

/** Settings of {@link fastifyAuthToken}. */
export interface FastifyAuthTokenOptions {
  /** Requests that need no token, such as health checks and version documents. Default: none. */
  exempt?: (request: FastifyRequest) => boolean
  /** Also write the identity headers into the request, for proxies. Default false. */
  setHeaders?: boolean
}

/**
 * Puts auth_token before every route of an application, also before its 404s. Call it on the root instance before
 * routes are registered.
 *
 * @see https://fastify.dev/docs/latest/Reference/Hooks/
 */
export function fastifyAuthToken(
  app: FastifyInstance,
  authToken: AuthToken,
  options: FastifyAuthTokenOptions = {},
): void {
  const exempted = unauthenticatedRequest('request_exempt')
  app.decorateRequest('keystone')
  app.addHook('onRequest', async (request, reply) => {
    stripForgedHeaders(request.raw)
    if (options.exempt?.(request)) {
      request.keystone = exempted
      return undefined
    }
    const verdict = await authToken.authenticate({
      method: request.method,
      path: request.url,
      headers: request.headers,
      requestId: request.id,
    })
    if (verdict.kind === 'accepted') {
      request.keystone = verdict.keystone
      if (options.setHeaders) writeHeaders(request, verdict.keystone)
      return undefined
    }
    // Bytes: fastify adds a charset to the Content-Type of text.
    return reply.code(verdict.status).headers(verdict.headers).send(Buffer.from(verdict.body))
  })
  app.addHook('onSend', async (_request, reply) => challengeUnauthorized(reply, authToken.challenge))
}

function challengeUnauthorized(reply: FastifyReply, challenge: string): void {
  if (reply.statusCode === 401 && !reply.hasHeader('www-authenticate')) {
    void reply.header('WWW-Authenticate', challenge)
  }
}

function writeHeaders(request: FastifyRequest, keystone: KeystoneRequest): void {
  for (const [name, value] of Object.entries(keystone.headers())) {
    request.raw.headers[name.toLowerCase()] = value
    request.raw.rawHeaders.push(name, value)
  }
}
