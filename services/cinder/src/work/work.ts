import { isTransientDatabaseError } from '@longhaul/oslo/db'
import type { Logger } from '@longhaul/oslo/log'

/** Something that is done in the background, as its state in the database says. */
export interface Work {
  /** What is to be done now; undefined for nothing. */
  wanted(id: string): Promise<string | undefined>
  /** Does it and gives the resource its next state. Doing it again is fine. */
  perform(id: string, state: string): Promise<void>
  /** Gives the resource a state that says that it failed. */
  fail(id: string, state: string): Promise<void>
  /** All resources for which something is to be done. */
  pending(): Promise<string[]>
}

/**
 * Does what states demand, one work at a time for each resource. What this process does not come to is done by the next one, or
 * at the next sweep, because the state stays until the work is done.
 */
export class Worker {
  readonly #work: Work
  readonly #kind: string
  readonly #logger: Logger
  readonly #running = new Map<string, Promise<void>>()
  #stopped = false

  /** @param kind what the resources are, for the log */
  constructor(work: Work, kind: string, logger: Logger) {
    this.#work = work
    this.#kind = kind
    this.#logger = logger
  }

  /** Begins what is to be done for a resource, unless it is under way. */
  begin(id: string): void {
    void this.run(id)
  }

  /** Resolves when nothing more is to be done for a resource, or it could not be done now. */
  run(id: string): Promise<void> {
    const before = this.#running.get(id)
    // What was begun may end with a state from before this call.
    const running = before ? before.then(() => this.#all(id)) : this.#all(id)
    this.#running.set(id, running)
    const forget = () => {
      if (this.#running.get(id) === running) this.#running.delete(id)
    }
    running.then(forget, forget)
    return running
  }

  /** Begins everything that nobody does. */
  async sweep(): Promise<void> {
    for (const id of await this.#work.pending()) if (!this.#running.has(id)) this.begin(id)
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running.values())
  }

  /** Begins nothing new. */
  stop(): void {
    this.#stopped = true
  }

  async #all(id: string): Promise<void> {
    let done: string | undefined
    while (!this.#stopped) {
      let state: string | undefined
      try {
        state = await this.#work.wanted(id)
        if (state === undefined || state === done) return
        await this.#work.perform(id, state)
        done = state
      } catch (error) {
        return await this.#failed(id, state, error)
      }
    }
  }

  async #failed(id: string, state: string | undefined, error: unknown): Promise<void> {
    this.#logger.error({ err: error, [this.#kind]: id, state }, 'a work failed')
    if (state === undefined || isTransientDatabaseError(error)) return
    try {
      await this.#work.fail(id, state)
    } catch (failure) {
      this.#logger.error({ err: failure, [this.#kind]: id }, 'its failure could not be written down')
    }
  }
}
