import { ClientException, HttpError, isRetriable } from '@longhaul/keystoneauth'
import { SealError } from '@longhaul/oslo/context'
import type { JobError } from '../jobs-protocol.ts'
import { DriverError } from '../virt/driver.ts'

/**
 * A failure as conductors are told it: what they may repeat is not terminal. They show it to users, so that what is not
 * meant for these (addresses, paths) stays in the log.
 */
export function jobError(error: unknown): JobError {
  if (error instanceof DriverError) {
    return { code: error.code, message: error.message, terminal: error.terminal }
  }
  const terminal = !mayPass(error)
  if (error instanceof HttpError) {
    return {
      code: error.code,
      message: `${error.status} for ${error.method} ${error.url}: ${error.message}`,
      terminal,
    }
  }
  if (error instanceof ClientException) {
    return { code: error.code, message: 'another service did not answer as it should', terminal }
  }
  if (error instanceof SealError) {
    return { code: error.code, message: 'the request context cannot be opened', terminal }
  }
  if (isOfTheDisk(error)) {
    return {
      code: 'host_disk_failed',
      message: 'the host cannot write to its disk, or has no room left',
      terminal,
    }
  }
  return { code: 'job_failed', message: 'unexpected error, see the log of nova-compute', terminal }
}

/** No answer, or one that blames the moment. A refusal (401, 403, 404, 409, 410, 413) is final. */
export function mayPass(error: unknown): boolean {
  return isRetriable(error) || (error instanceof HttpError && error.status >= 500)
}

/** The host's own disk is full, or broken. */
export function isOfTheDisk(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' && ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS'].includes(code)
}
