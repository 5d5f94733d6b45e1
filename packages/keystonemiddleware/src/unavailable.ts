import { EmptyCatalog, EndpointNotFound, Forbidden, HttpError, Unauthorized } from '@longhaul/keystoneauth'
import { InvalidToken, KeystoneUnavailable } from './errors.ts'
import type { Reason } from './reasons.ts'

/** What a failure of the session means for the validation; refusals pass through. The login of this service's own user fails here too. */
export function unavailableFrom(error: unknown): InvalidToken | KeystoneUnavailable {
  if (error instanceof InvalidToken || error instanceof KeystoneUnavailable) return error
  const retryAfter = error instanceof HttpError && error.retryAfter > 0 ? error.retryAfter : undefined
  return new KeystoneUnavailable(reasonOf(error), { cause: error, retryAfter })
}

function reasonOf(error: unknown): Reason {
  if (error instanceof Unauthorized) return 'own_credentials_refused'
  if (error instanceof Forbidden) return 'own_credentials_forbidden'
  if (error instanceof EndpointNotFound || error instanceof EmptyCatalog) return 'identity_endpoint_not_found'
  return error instanceof HttpError ? 'keystone_failed' : 'keystone_unreachable'
}
