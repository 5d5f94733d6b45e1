import { ValidationUnavailable } from './errors.ts'

/**
 * Keeps requests from queueing before a Keystone that does not answer.
 *
 * ```
 *            failed()                      admit() by one visit
 *   closed ───────────▶ open, nobody asks ─────────────────────▶ open, one visit asks; others: ValidationUnavailable
 *     ▲                        ▲    leave()                         │
 *     │                        └────────────────────────────────────┤
 *     └──────────────────────────── answered() ─────────────────────┘
 * ```
 */
export class Circuit {
  #outage: ValidationUnavailable | undefined
  #visitor: object | undefined

  /** Whether Keystone is believed to be down. */
  get open(): boolean {
    return this.#outage !== undefined
  }

  /**
   * Asks for leave to call Keystone.
   *
   * @param visit identifies a request; its two tokens are asked for together
   * @returns whether the call is a probe, which should not repeat itself
   * @throws ValidationUnavailable when another visit is probing
   */
  admit(visit: object): boolean {
    if (!this.#outage) return false
    if (this.#visitor && this.#visitor !== visit) {
      throw new ValidationUnavailable(this.#outage.reason, { retryAfter: this.#outage.retryAfter })
    }
    this.#visitor = visit
    return true
  }

  /** Keystone answered, whatever it said. */
  answered(): void {
    this.#outage = undefined
    this.#visitor = undefined
  }

  failed(error: ValidationUnavailable): void {
    this.#outage = error
  }

  /** The request is over; if it was the prober, the next one may probe. */
  leave(visit: object): void {
    if (this.#visitor === visit) this.#visitor = undefined
  }
}
