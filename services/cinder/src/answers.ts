import { badRequest, notFound, type ApiError, type ApiErrorOptions } from '@longhaul/oslo/api'

// The sentences of Cinder's own errors, which more than one resource gives. @see openstack/cinder cinder/exception.py

/** The state of a volume does not allow it. */
export function invalidVolume(reason: string, options: ApiErrorOptions = {}): ApiError {
  return badRequest(`Invalid volume: ${reason}`, { code: 'invalid_volume', ...options })
}

export function invalidSnapshot(reason: string): ApiError {
  return badRequest(`Invalid snapshot: ${reason}`, { code: 'invalid_snapshot' })
}

export function invalidInput(reason: string): ApiError {
  return badRequest(`Invalid input received: ${reason}`, { code: 'invalid_input' })
}

export function volumeNotFound(id: string): ApiError {
  return notFound(`Volume ${id} could not be found.`, { code: 'volume_not_found' })
}

export function snapshotNotFound(id: string): ApiError {
  return notFound(`Snapshot ${id} could not be found.`, { code: 'snapshot_not_found' })
}

export function typeNotFound(id: string): ApiError {
  return notFound(`Volume type ${id} could not be found.`, { code: 'volume_type_not_found' })
}
