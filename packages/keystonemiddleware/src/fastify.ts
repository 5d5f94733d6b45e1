import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AdapterOptions } from './adapter-options.ts'
import type { AuthToken } from './auth-token.ts'
import { incomingJudge, onVerdict } from './incoming-message.ts'
import type { KeystoneRequest, Verdict } from './verdict.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls; set before every handler of an application with {@link fastifyAuthToken}. */
    keystone: KeystoneRequest
  }
}

/** Settings of {@link fastifyAuthToken}; requests are named by fastify's id. */
export type FastifyAuthTokenOptions = AdapterOptions<FastifyRequest>

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
  const judge = incomingJudge<FastifyRequest>(authToken, { requestId: ({ id }) => id, ...options })
  app.decorateRequest('keystone')
  // Hooks with callbacks: a warm request goes through without a promise.
  app.addHook('onRequest', (request, reply, next) => {
    const verdict = judge(request, request.raw, request.url)
    onVerdict(verdict, (known) => follow(known, request, reply, next), next as (error: unknown) => void)
  })
  app.addHook('onSend', (_request, reply, payload, next) => {
    challengeUnauthorized(reply, authToken.challenge)
    next(null, payload)
  })
}

function follow(verdict: Verdict, request: FastifyRequest, reply: FastifyReply, next: () => void): void {
  if (verdict.kind === 'accepted') {
    request.keystone = verdict.keystone
    return next()
  }
  // Bytes: fastify adds a charset to the Content-Type of text.
  void reply.code(verdict.status).headers(verdict.headers).send(Buffer.from(verdict.body))
}

function challengeUnauthorized(reply: FastifyReply, challenge: string): void {
  if (reply.statusCode === 401 && !reply.hasHeader('www-authenticate')) {
    void reply.header('WWW-Authenticate', challenge)
  }
}
