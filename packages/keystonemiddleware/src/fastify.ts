import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AuthToken } from './auth-token.ts'
import { stripForgedHeaders } from './forged-headers.ts'
import { unauthenticatedRequest } from './keystone-request.ts'
import type { KeystoneRequest, Verdict } from './verdict.ts'

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
  const follow = (verdict: Verdict, request: FastifyRequest, reply: FastifyReply, next: () => void) => {
    if (verdict.kind === 'accepted') {
      request.keystone = verdict.keystone
      if (options.setHeaders) writeHeaders(request, verdict.keystone)
      return next()
    }
    // Bytes: fastify adds a charset to the Content-Type of text.
    void reply.code(verdict.status).headers(verdict.headers).send(Buffer.from(verdict.body))
  }
  // Hooks with callbacks: a warm request goes through without a promise.
  app.addHook('onRequest', (request, reply, next) => {
    stripForgedHeaders(request.raw)
    if (options.exempt?.(request)) {
      request.keystone = exempted
      return next()
    }
    const verdict = authToken.authenticate({
      method: request.method,
      path: request.url,
      headers: request.headers,
      requestId: request.id,
    })
    if (!(verdict instanceof Promise)) return follow(verdict, request, reply, next)
    verdict.then((later) => follow(later, request, reply, next)).catch(next)
  })
  app.addHook('onSend', (_request, reply, payload, next) => {
    challengeUnauthorized(reply, authToken.challenge)
    next(null, payload)
  })
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
