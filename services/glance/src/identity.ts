import type { FastifyRequest } from 'fastify'
import type { KeystoneRequest, Reason } from '@longhaul/keystonemiddleware'
import { requestIds, serviceUnavailable, unauthorized } from '@longhaul/oslo/api'
import { contextFromIdentity, type RequestContext } from '@longhaul/oslo/context'

/** Reasons that say nothing about the caller's token: Keystone could not be asked. */
const undecided: ReadonlySet<Reason | undefined> = new Set<Reason>([
  'keystone_unreachable',
  'keystone_busy',
  'keystone_failed',
  'keystone_answer_invalid',
  'own_credentials_refused',
  'own_credentials_forbidden',
  'identity_endpoint_not_found',
])

/** Seconds after which a client may ask again. */
const retryAfter = 1

/**
 * Lets only requests with a confirmed user token pass: the middleware in front hands on the others, because the original's
 * paste file says `delay_auth_decision = true`. A bad service token beside a good user token is not looked at. Where the
 * original answers 401 because Keystone could not be asked, this answers 503: a caller with long work takes a 401 for
 * final, and would give up over a Keystone that restarts.
 *
 * @throws ApiError 401 `not_authenticated`, 503 `identity_unavailable`
 * @see openstack/glance glance/api/middleware/context.py, ContextMiddleware.process_request
 */
export function assertConfirmed(request: FastifyRequest): void {
  const keystone: KeystoneRequest | undefined = request.keystone
  if (keystone?.identityStatus === 'Confirmed') return
  if (undecided.has(keystone?.reason)) {
    throw serviceUnavailable('The Keystone service is temporarily unavailable.', {
      code: 'identity_unavailable',
      retryAfter,
    })
  }
  throw unauthorized('The request you have made requires authentication.', { code: 'not_authenticated' })
}

/** Who asks. @throws ApiError as `assertConfirmed` */
export function contextOf(request: FastifyRequest): RequestContext {
  assertConfirmed(request)
  return contextFromIdentity(request.keystone, requestIds(request))
}
