import {
  ApiError,
  badRequest,
  conflict,
  gone,
  notFound,
  requestTooLarge,
  serviceUnavailable,
} from '@longhaul/oslo/api'

/** What a failure while writing is to the client. */
export function refusalOf(error: unknown): unknown {
  if (error instanceof ApiError) return error
  switch ((error as NodeJS.ErrnoException).code) {
    // The sender went away, or sent less than it said. Nobody is there to read the answer.
    case 'ECONNRESET':
    case 'ERR_STREAM_PREMATURE_CLOSE':
      return badRequest('The upload broke off.', { code: 'upload_broken' })
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return requestTooLarge('Image storage media is full.', { code: 'store_full', cause: error })
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return serviceUnavailable('Insufficient permissions on image storage media.', {
        code: 'store_denied',
        cause: error,
      })
    default:
      return error
  }
}

/** Why data cannot be written to an image of that status. @param status undefined if there is no image */
export function notWritable(id: string, status: string | undefined): ApiError {
  if (status === undefined || status === 'deleted') {
    return notFound(`No image found with ID ${id}`, { code: 'image_not_found' })
  }
  return conflict(`Image ${id} is not queued but ${status}: its data cannot be uploaded.`, {
    code: 'image_not_queued',
  })
}

/** Why the data of an upload that lost its image was not taken. @param status as it is now */
export function lostImage(id: string, status: string | undefined): ApiError {
  if (status === undefined || status === 'deleted') {
    return gone(`Image ${id} was deleted during the upload.`, { code: 'image_gone' })
  }
  return conflict(`The upload of image ${id} was given up as its process was taken for dead, try again.`, {
    code: 'upload_lost',
  })
}

/** Why an import failed, for its task: what a client may read. */
export function reasonOf(error: unknown): string {
  const refusal = error === undefined ? error : refusalOf(error)
  return refusal instanceof ApiError ? refusal.message : 'The data could not be stored.'
}
