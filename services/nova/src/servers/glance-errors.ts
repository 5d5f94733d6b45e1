import { HttpError, isRetriable } from '@longhaul/keystoneauth'
import { ApiError, badRequest, forbidden, serviceUnavailable, unauthorized } from '@longhaul/oslo/api'

/**
 * What a client is told when the Image service refused or did not answer.
 *
 * @see openstack/nova nova/image/glance.py, _translate_image_exception
 */
export function imageError(error: unknown, imageId: string): ApiError {
  const options = { cause: error, detail: `image ${imageId}` }
  if (error instanceof HttpError) {
    if (error.status === 401) return unauthorized('Not authorized for image.', options)
    if (error.status === 403) return forbidden(`Not authorized for image ${imageId}.`, options)
    if (error.status === 404 || error.status === 400) {
      return badRequest(`Image ${imageId} could not be found.`, { ...options, code: 'image_not_found' })
    }
    if (error.status === 413) return forbidden('Quota exceeded for images.', options)
  }
  if (isRetriable(error)) {
    return serviceUnavailable('The Image service does not answer.', { ...options, retryAfter: 5 })
  }
  return new ApiError({ status: 500, message: 'The Image service failed.', ...options })
}
