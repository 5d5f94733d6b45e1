import {
  EmptyCatalog,
  EndpointNotFound,
  Forbidden,
  HttpError,
  KeystoneUnavailable,
  Unauthorized,
} from '@longhaul/keystoneauth'
import { InvalidToken, ValidationUnavailable } from './errors.ts'
import type { Reason } from './reasons.ts'

/** What a failure of the session means for the validation; refusals pass through. The login of this service's own user fails here too. */
export function unavailableFrom(error: unknown): InvalidToken | ValidationUnavailable {
  if (error instanceof InvalidToken || error instanceof ValidationUnavailable) return error
  return new ValidationUnavailable(reasonOf(error), { cause: error, retryAfter: retryAfterOf(error) })
}

/** Whether the own catalog lacks an endpoint of Keystone. */
export function isMissingEndpoint(error: unknown): boolean {
  return error instanceof EndpointNotFound || error instanceof EmptyCatalog
}

function reasonOf(error: unknown): Reason {
  // While the login leaves Keystone alone, the reason is why it does.
  if (error instanceof KeystoneUnavailable) return reasonOf(error.cause)
  if (error instanceof Unauthorized) return 'own_credentials_refused'
  if (error instanceof Forbidden) return 'own_credentials_forbidden'
  if (isMissingEndpoint(error)) return 'identity_endpoint_not_found'
  return error instanceof HttpError ? 'keystone_failed' : 'keystone_unreachable'
}

function retryAfterOf(error: unknown): number | undefined {
  const told = error instanceof HttpError || error instanceof KeystoneUnavailable
  return told && error.retryAfter > 0 ? error.retryAfter : undefined
}
