import { HttpError, isRetriable } from '@longhaul/keystoneauth'
import type { JobError } from '../jobs-protocol.ts'
import { DriverError } from '../virt/driver.ts'

/** A failure as conductors are told it: what they may repeat is not terminal. */
export function jobError(error: unknown): JobError {
  if (error instanceof DriverError) {
    return { code: error.code, message: error.message, terminal: error.terminal }
  }
  const { code, message } = error as { code?: unknown; message?: string }
  const terminal = !mayPass(error)
  if (error instanceof HttpError) {
    return {
      code: error.code,
      message: `${error.status} for ${error.method} ${error.url}: ${error.message}`,
      terminal,
    }
  }
  return {
    code: typeof code === 'string' ? code : 'job_failed',
    message: message ?? 'the job failed',
    terminal,
  }
}

/** No answer, or one that blames the moment. A refusal (401, 403, 404, 409, 410, 413) is final. */
export function mayPass(error: unknown): boolean {
  return isRetriable(error) || (error instanceof HttpError && error.status >= 500)
}
