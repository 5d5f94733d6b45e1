import { HttpError, isRetriable, KeystoneUnavailable } from '../errors.ts'

export interface CircuitBreakerOptions {
  /** Failures in a row after which Keystone is left alone; default 3. */
  failures?: number
  /** Seconds until it is asked again, by one caller; default 1. A longer Retry-After wins, up to 30. */
  seconds?: number
}

const longestSeconds = 30

/**
 * Leaves a Keystone alone that is down: callers are told so at once instead of each waiting for it, and one of them asks
 * again after a while.
 */
export class CircuitBreaker {
  readonly #failures: number
  readonly #seconds: number
  #inRow = 0
  /** Milliseconds of the session's clock. */
  #openUntil = -Infinity
  /** How long it was to stay open: with more than that left, the clock has been set back. */
  #openMilliseconds = 0
  #last: unknown

  constructor({ failures = 3, seconds = 1 }: CircuitBreakerOptions = {}) {
    this.#failures = failures
    this.#seconds = seconds
  }

  /**
   * Does the work, unless it has failed too often just now.
   *
   * @throws KeystoneUnavailable with the last failure as its cause; what the work throws
   */
  async run<T>(now: () => Date, work: () => Promise<T>): Promise<T> {
    const left = this.#openUntil - now().getTime()
    if (left > 0 && left <= this.#openMilliseconds)
      throw new KeystoneUnavailable(Math.ceil(left / 1000), this.#last)
    try {
      const result = await work()
      this.#inRow = 0
      return result
    } catch (error) {
      this.#failed(error, now())
      throw error
    }
  }

  #failed(error: unknown, now: Date): void {
    // A refusal is an answer: Keystone is there.
    this.#inRow = isRetriable(error) ? this.#inRow + 1 : 0
    if (this.#inRow < this.#failures) return
    const wanted = error instanceof HttpError ? Math.min(error.retryAfter, longestSeconds) : 0
    this.#openMilliseconds = Math.max(this.#seconds, wanted) * 1000
    this.#openUntil = now.getTime() + this.#openMilliseconds
    this.#last = error
  }
}
