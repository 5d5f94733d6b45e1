import { HttpError } from '@longhaul/keystoneauth'

/** Whether it is certain that the other service did nothing. */
export function isRefusal(error: unknown): boolean {
  return error instanceof HttpError && error.status < 500 && error.status !== 408
}

/** Whether the other service has refused the thing itself, and not who asked: trying again later could only surprise. */
export function isForGood(error: unknown): boolean {
  return isRefusal(error) && ![401, 429].includes((error as HttpError).status)
}
