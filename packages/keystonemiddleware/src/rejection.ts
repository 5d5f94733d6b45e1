import type { Reason } from './reasons.ts'
import type { Rejected } from './verdict.ts'

const unauthorizedBody =
  '{"error":{"code":401,"title":"Unauthorized","message":"The request you have made requires authentication."}}'

// As webob writes it.
const unavailableBody =
  '503 Service Unavailable\n\nThe server is currently unavailable. Please try again at a later time.\n\n' +
  ' The Keystone service is temporarily unavailable.  '

/** Seconds a client is told to wait when Keystone did not say. */
const defaultRetryAfter = 2

/** The value of `WWW-Authenticate`, by which a client finds Keystone. */
export function challengeFor(wwwAuthenticateUri: string): string {
  return `Keystone uri="${wwwAuthenticateUri.replaceAll('"', '%22')}"`
}

/** 401; with `exposeReason` the challenge carries the reason's code as `error`. */
export function unauthorized(challenge: string, reason: Reason, exposeReason: boolean): Rejected {
  return {
    kind: 'rejected',
    status: 401,
    headers: {
      'WWW-Authenticate': exposeReason ? `${challenge}, error="${reason}"` : challenge,
      'Content-Type': 'application/json',
    },
    body: unauthorizedBody,
    reason,
  }
}

/** 503; there is nothing the client could change about its credentials, so there is no challenge. */
export function unavailable(reason: Reason, retryAfter: number | undefined): Rejected {
  return {
    kind: 'rejected',
    status: 503,
    headers: {
      'Retry-After': String(Math.max(1, Math.ceil(retryAfter ?? defaultRetryAfter))),
      'Content-Type': 'text/plain; charset=UTF-8',
    },
    body: unavailableBody,
    reason,
  }
}
