import type { RequestOutcome } from './hooks.ts'

/** How long one sending took. */
export type Timing = Readonly<Pick<RequestOutcome, 'method' | 'url' | 'seconds' | 'status'>>

const mostKept = 10_000

/** The last ten thousand sendings of a session. */
export class Timings {
  #kept: Timing[] = []

  add({ method, url, seconds, status }: RequestOutcome): void {
    if (this.#kept.length === mostKept) this.#kept.shift()
    this.#kept.push({ method, url, seconds, ...(status === undefined ? {} : { status }) })
  }

  list(): readonly Timing[] {
    return [...this.#kept]
  }

  reset(): void {
    this.#kept = []
  }
}
