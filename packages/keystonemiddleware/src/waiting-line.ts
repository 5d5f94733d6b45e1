import { ValidationUnavailable } from './errors.ts'

/** How many questions to Keystone there may be. */
export interface WaitingLineLimits {
  /** Under way at a time: with a Keystone that hangs, more would only pile up before it. */
  underWay: number
  /** Waiting for their turn beside those. */
  waiting: number
  /** How long each of them waits at most. */
  seconds: number
}

/** The limits of each application behind auth_token. */
export const waitingLineLimits = { underWay: 1000, waiting: 10_000, seconds: 10 } as const

interface Waiter {
  go(): void
  refuse(error: ValidationUnavailable): void
}

/** Lets so many questions to Keystone be under way at a time; others wait in the order in which they came. */
export class WaitingLine {
  readonly #limits: WaitingLineLimits
  readonly #waiting = new Set<Waiter>()
  #underWay = 0

  constructor(limits: WaitingLineLimits = waitingLineLimits) {
    this.#limits = limits
  }

  /** Whether a further question would not be asked at once. */
  get busy(): boolean {
    return this.#underWay >= this.#limits.underWay
  }

  /**
   * Asks at once, or when it is its turn.
   *
   * @throws ValidationUnavailable `keystone_busy` when too many wait, or the turn did not come in time; the error of
   *   {@link WaitingLine.refuse}; what asking throws
   */
  async ask<T>(question: () => Promise<T>): Promise<T> {
    if (this.busy) await this.#turn()
    else this.#underWay += 1
    try {
      return await question()
    } finally {
      // The place is handed on, or free.
      const [next] = this.#waiting
      if (next) next.go()
      else this.#underWay -= 1
    }
  }

  /** Nobody who waits now will be asked for. */
  refuse(error: ValidationUnavailable): void {
    for (const waiter of this.#waiting) waiter.refuse(error)
  }

  #turn(): Promise<void> {
    if (this.#waiting.size >= this.#limits.waiting) return Promise.reject(busy())
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => waiter.refuse(busy()), this.#limits.seconds * 1000)
      const over = () => {
        clearTimeout(limit)
        this.#waiting.delete(waiter)
      }
      const waiter: Waiter = {
        go: () => (over(), resolve()),
        refuse: (error) => (over(), reject(error)),
      }
      this.#waiting.add(waiter)
    })
  }
}

const busy = () => new ValidationUnavailable('keystone_busy', { outage: false, retryAfter: 1 })
