import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { AdapterOptions } from './adapter-options.ts'
import type { AuthToken } from './auth-token.ts'
import { answerRejected, challengeWhenUnauthorized, incomingJudge, onVerdict } from './incoming-message.ts'
import type { KeystoneRequest } from './verdict.ts'

/** A request behind {@link nodeHttpAuthToken}. */
export interface AuthenticatedMessage extends IncomingMessage {
  /** Who calls. */
  keystone: KeystoneRequest
}

/** What answers requests behind {@link nodeHttpAuthToken}. */
export type AuthenticatedListener = (request: AuthenticatedMessage, response: ServerResponse) => void

/**
 * Puts auth_token before the listener of a server of node:http: `createServer(nodeHttpAuthToken(authToken, listener))`.
 *
 * @see https://nodejs.org/api/http.html
 */
export function nodeHttpAuthToken(
  authToken: AuthToken,
  listener: AuthenticatedListener,
  options: AdapterOptions<IncomingMessage> = {},
): RequestListener {
  const judge = incomingJudge(authToken, options)
  return (request, response) => {
    onVerdict(
      judge(request, request, request.url ?? ''),
      (verdict) => {
        if (verdict.kind === 'rejected') return answerRejected(response, verdict)
        challengeWhenUnauthorized(response, authToken.challenge)
        listener(Object.assign(request, { keystone: verdict.keystone }), response)
      },
      // What the listener throws is uncaught, as it is without auth_token.
      (error) =>
        process.nextTick(() => {
          throw error
        }),
    )
  }
}
