import { HttpError } from '@longhaul/keystoneauth'

/** Whether it is certain that the other service did nothing. */
export function isRefusal(error: unknown): boolean {
  return error instanceof HttpError && error.status < 500 && error.status !== 408
}
