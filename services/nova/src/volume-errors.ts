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
 * What a client is told when the Block Storage service refused or did not answer.
 *
 * @see openstack/nova nova/volume/cinder.py, translate_volume_exception
 */
export function volumeError(error: unknown, volumeId: string): ApiError {
  const options = { cause: error, detail: `volume ${volumeId}` }
  if (error instanceof HttpError) {
    const { status, message } = error
    if (status === 400) return badRequest(message, { ...options, code: 'volume_refused' })
    if (status === 401) return unauthorized('Not authorized for volume.', options)
    if (status === 403) return forbidden(`Not authorized for volume ${volumeId}.`, options)
    if (status === 404) {
      return notFound(`Volume ${volumeId} could not be found.`, { ...options, code: 'volume_not_found' })
    }
    if (status === 409) return conflict(message, { ...options, code: 'volume_conflict' })
    if (status === 413) return forbidden('Quota exceeded for volumes.', options)
  }
  if (error instanceof EndpointNotFound || error instanceof EmptyCatalog) {
    return serviceUnavailable('There is no Block Storage service.', options)
  }
  if (isRetriable(error)) {
    return serviceUnavailable('The Block Storage service does not answer.', { ...options, retryAfter: 5 })
  }
  return new ApiError({ status: 500, message: 'The Block Storage service failed.', ...options })
}
