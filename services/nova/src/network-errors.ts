import { EmptyCatalog, EndpointNotFound, HttpError, isRetriable } from '@longhaul/keystoneauth'
import {
  ApiError,
  badRequest,
  conflict,
  forbidden,
  notFound,
  serviceUnavailable,
  unauthorized,
} from '@longhaul/oslo/api'

/**
 * What a client is told when the Networking service refused or did not answer.
 *
 * @param missing Nova's sentence for what it was asked about and does not know
 * @see openstack/nova nova/network/neutron.py, _create_port_minimal, show_port
 */
export function networkError(error: unknown, missing: string): ApiError {
  const options = { cause: error }
  if (error instanceof HttpError) {
    const { status, message } = error
    if (status === 400) return badRequest(message, { ...options, code: 'network_refused' })
    if (status === 401) return unauthorized('Not authorized for networks.', options)
    if (status === 403) return forbidden(message, { ...options, code: 'network_forbidden' })
    if (status === 404) return notFound(missing, { ...options, code: 'network_not_found' })
    if (status === 409) return refusedConflict(error)
  }
  if (error instanceof EndpointNotFound || error instanceof EmptyCatalog) {
    return serviceUnavailable('There is no Networking service.', options)
  }
  if (isRetriable(error)) {
    return serviceUnavailable('The Networking service does not answer.', { ...options, retryAfter: 5 })
  }
  return new ApiError({ status: 500, message: 'The Networking service failed.', ...options })
}

/** The service says 409 of several things. */
function refusedConflict(error: HttpError): ApiError {
  const { message } = error
  if (/"type":\s*"OverQuota/.test(error.body)) {
    return forbidden('Maximum number of ports exceeded', { cause: error, code: 'quota_exceeded' })
  }
  if (/"type":\s*"IpAddressGenerationFailure/.test(error.body)) {
    return badRequest(message, { cause: error, code: 'no_more_addresses' })
  }
  return conflict(message, { cause: error, code: 'network_conflict' })
}
