/** How many requests may be under way, and how close they may follow each other. */
export interface RateLimitOptions {
  /** Requests under way at once; default: any number. */
  concurrency?: number
  /** Seconds between the starts of two requests; default 0. */
  delay?: number
}

/** The time, and how to wait; a session has both. */
interface Clock {
  now: () => Date
  sleep: (milliseconds: number) => Promise<void>
}

/**
 * Lets requests go in the order in which they came, so many at once and so far apart. One limit may be given to several
 * sessions or adapters, which then share it.
 *
 * @see keystoneauth1, _fair_semaphore.FairSemaphore, which admits one more than it is told
 */
export class RateLimit {
  readonly #concurrency: number
  readonly #delayMilliseconds: number
  readonly #queue: (() => void)[] = []
  #running = 0
  #lastStart = -Infinity
  #pausing = false

  constructor({ concurrency = Infinity, delay = 0 }: RateLimitOptions) {
    this.#concurrency = concurrency
    this.#delayMilliseconds = delay * 1000
  }

  /** Requests that wait for their turn. */
  get waiting(): number {
    return this.#queue.length
  }

  /**
   * Does the work when it is its turn.
   *
   * @throws the signal's reason, while the work waits; what the work throws
   */
  async run<T>(work: () => Promise<T>, clock: Clock, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    await this.#turn(clock, signal)
    try {
      return await work()
    } finally {
      this.#running--
      this.#next(clock)
    }
  }

  #turn(clock: Clock, signal: AbortSignal | undefined): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const start = () => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const leave = () => {
        this.#queue.splice(this.#queue.indexOf(start), 1)
        reject(signal!.reason as Error)
      }
      signal?.addEventListener('abort', leave, { once: true })
      this.#queue.push(start)
      this.#next(clock)
    })
  }

  #next(clock: Clock): void {
    while (this.#queue.length > 0 && this.#running < this.#concurrency && !this.#pausing) {
      const now = clock.now().getTime()
      const left = this.#lastStart + this.#delayMilliseconds - now
      if (left > 0) {
        this.#pausing = true
        void clock.sleep(left).finally(() => {
          this.#pausing = false
          this.#lastStart = -Infinity
          this.#next(clock)
        })
        return
      }
      this.#lastStart = now
      this.#running++
      this.#queue.shift()!()
    }
  }
}
