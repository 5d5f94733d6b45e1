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

/** The challenge with the codes of the reasons: `error`, and `service_error` when the service token was refused too. */
export function reasoned(challenge: string, reason: Reason, serviceReason: Reason | undefined): string {
  const also = serviceReason ? `, service_error="${serviceReason}"` : ''
  return `${challenge}, error="${reason}"${also}`
}

/** 401. */
export function unauthorized(challenge: string, reason: Reason): Rejected {
  return {
    kind: 'rejected',
    status: 401,
    headers: { 'WWW-Authenticate': challenge, 'Content-Type': 'application/json' },
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
