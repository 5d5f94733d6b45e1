import { ValidationUnavailable } from './errors.ts'

/** Milliseconds in which a probe keeps others from asking; one that gets no answer may hang far longer. */
const probeMilliseconds = 1000

/** Milliseconds without an answer to any of so many questions, after which Keystone is believed to be down. */
const silence = { milliseconds: 3000, questions: 10 } as const

/**
 * Keeps requests from queueing before a Keystone that does not answer.
 *
 * ```
 *            failed(), or silence          admit() by one visit
 *   closed ───────────▶ open, nobody asks ─────────────────────▶ open, one visit asks; others: ValidationUnavailable
 *     ▲                        ▲    leave(), or a second later      │
 *     │                        └────────────────────────────────────┤
 *     └──────────────────────────── answered() ─────────────────────┘
 * ```
 */
export class Circuit {
  #outage: ValidationUnavailable | undefined
  #visitor: object | undefined
  #visitorUntil = 0
  readonly #waiting = new Set<object>()
  /** Since when those that wait have had no answer to any of them. */
  #silentSince = 0

  /** Whether Keystone is believed to be down. */
  get open(): boolean {
    return this.#outage !== undefined
  }

  /**
   * Asks for leave to call Keystone.
   *
   * @param visit identifies a request; its two tokens are asked for together
   * @param at milliseconds since the epoch: now
   * @returns whether the call is a probe, which should not repeat itself
   * @throws ValidationUnavailable when another visit is probing
   */
  admit(visit: object, at: number): boolean {
    if (!this.#outage) return false
    if (this.#visitor && this.#visitor !== visit && at < this.#visitorUntil) {
      throw new ValidationUnavailable(this.#outage.reason, { retryAfter: this.#outage.retryAfter })
    }
    if (this.#visitor !== visit) this.#visitorUntil = at + probeMilliseconds
    this.#visitor = visit
    return true
  }

  /** Looks whether Keystone has gone silent. @returns the outage, when it begins with that */
  listen(at: number): ValidationUnavailable | undefined {
    if (this.#outage || !this.#silent(at)) return undefined
    this.#outage = new ValidationUnavailable()
    return this.#outage
  }

  /** A question is sent. @param at milliseconds since the epoch */
  asked(question: object, at: number): void {
    if (this.#waiting.size === 0) this.#silentSince = at
    this.#waiting.add(question)
  }

  /** A question has ended, with or without an answer. @param at milliseconds since the epoch */
  ended(question: object, at: number): void {
    if (this.#waiting.delete(question)) this.#silentSince = at
  }

  /** Keystone answered, whatever it said. @returns whether it was believed to be down: what was asked before may be lost */
  answered(): boolean {
    const returned = this.open
    if (returned) this.#waiting.clear()
    this.#outage = undefined
    this.#visitor = undefined
    return returned
  }

  /** A question failed. @returns false when it was asked before Keystone's return, and says nothing of it now */
  failed(question: object, error: ValidationUnavailable): boolean {
    if (!this.#waiting.has(question)) return false
    this.#outage = error
    return true
  }

  /** The request is over; if it was the prober, the next one may probe. */
  leave(visit: object): void {
    if (this.#visitor === visit) this.#visitor = undefined
  }

  #silent(at: number): boolean {
    return this.#waiting.size >= silence.questions && at - this.#silentSince >= silence.milliseconds
  }
}
