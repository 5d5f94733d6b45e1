import { ConnectFailure, ConnectTimeout } from './errors.ts'
import { retryAfterOf, type Response } from './response.ts'

/** How often, when and after what a request is sent again. Counts are totals of one call. */
export interface RetryPolicy {
  connectRetries: number
  /** Milliseconds; undefined: half a second, doubling, at most a minute. */
  connectDelay: number | undefined
  statusCodeRetries: number
  /** Milliseconds, as for `connectDelay`; a longer Retry-After wins. */
  statusCodeDelay: number | undefined
  retriableStatusCodes: readonly number[]
  now(): Date
  sleep(milliseconds: number): Promise<void>
  /** Told before each pause, in milliseconds. */
  onRetry?(reason: 'status' | 'connect_failure', pause: number): void
}

const firstDelay = 500
const longestDelay = 60_000

/**
 * Sends until there is an answer to keep. An answer whose Retry-After is longer than a minute is kept: waiting that long
 * is for the caller to decide, and asking sooner would disregard the server.
 *
 * @throws what `send` throws, when it is no connection failure or the retries are used up
 */
export async function withRetries(send: () => Promise<Response>, policy: RetryPolicy): Promise<Response> {
  let connectTries = policy.connectRetries
  let statusTries = policy.statusCodeRetries
  let connectDelays = delays(policy.connectDelay)
  const statusDelays = delays(policy.statusCodeDelay)
  for (;;) {
    try {
      const response = await send()
      if (!policy.retriableStatusCodes.includes(response.status) || statusTries-- <= 0) return response
      const wanted = retryAfterOf(response.headers, policy.now()) * 1000
      if (wanted > longestDelay) return response
      const pause = Math.max(wanted, statusDelays.next())
      policy.onRetry?.('status', pause)
      await policy.sleep(pause)
      connectDelays = delays(policy.connectDelay)
    } catch (error) {
      const noAnswer = error instanceof ConnectFailure || error instanceof ConnectTimeout
      if (!noAnswer || connectTries-- <= 0) throw error
      const pause = connectDelays.next()
      policy.onRetry?.('connect_failure', pause)
      await policy.sleep(pause)
    }
  }
}

function delays(fixed: number | undefined): { next(): number } {
  let following = firstDelay
  return {
    next() {
      if (fixed !== undefined) return fixed
      const delay = following
      following = Math.min(delay * 2, longestDelay)
      return delay
    },
  }
}
