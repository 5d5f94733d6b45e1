import type { Request, RequestHandler } from 'express'
import type { AdapterOptions } from './adapter-options.ts'
import type { AuthToken } from './auth-token.ts'
import { answerRejected, challengeWhenUnauthorized, incomingJudge, onVerdict } from './incoming-message.ts'
import type { KeystoneRequest } from './verdict.ts'

declare global {
  // The namespace in which express lets its request be extended.
  namespace Express {
    interface Request {
      /** Who calls; set behind {@link expressAuthToken}. */
      keystone: KeystoneRequest
    }
  }
}

/**
 * auth_token as middleware of express: `app.use(expressAuthToken(authToken))` before routes. Access rules are compared with
 * the path as the client sent it, wherever the middleware is mounted.
 *
 * @see https://expressjs.com/en/guide/using-middleware.html
 */
export function expressAuthToken(
  authToken: AuthToken,
  options: AdapterOptions<Request> = {},
): RequestHandler {
  const judge = incomingJudge(authToken, options)
  return (request, response, next) => {
    onVerdict(
      judge(request, request, request.originalUrl),
      (verdict) => {
        if (verdict.kind === 'rejected') return answerRejected(response, verdict)
        challengeWhenUnauthorized(response, authToken.challenge)
        request.keystone = verdict.keystone
        next()
      },
      next,
    )
  }
}
