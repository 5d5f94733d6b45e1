interface Work {
  done: Promise<void>
  waiting: number
  abort: AbortController
}

/** Work that several callers want at the same time and one of them does; it is broken off when the last one has left. */
export class SharedWork {
  readonly #works = new Map<string, Work>()

  /**
   * Starts the work, or waits for the end of the one that another caller has started. That one's failure may be that
   * caller's alone (a token that has expired) and is told to that one only: look whether the work is done, and join again.
   *
   * @throws what this caller's own work throws; the signal's reason
   */
  async join(key: string, signal: AbortSignal, start: (ended: AbortSignal) => Promise<void>): Promise<void> {
    signal.throwIfAborted()
    const others = this.#works.get(key)
    const work = others ?? this.#start(key, start)
    const left = Promise.withResolvers<never>()
    const leave = () => left.reject(signal.reason)
    signal.addEventListener('abort', leave)
    work.waiting += 1
    try {
      await Promise.race([work.done, left.promise])
    } catch (error) {
      if (!others || signal.aborted) throw error
    } finally {
      signal.removeEventListener('abort', leave)
      work.waiting -= 1
      if (work.waiting === 0) work.abort.abort()
    }
  }

  #start(key: string, start: (ended: AbortSignal) => Promise<void>): Work {
    const abort = new AbortController()
    const done = start(abort.signal).finally(() => this.#works.delete(key))
    // Nobody may be waiting any more when it fails.
    done.catch(() => {})
    const work = { done, waiting: 0, abort }
    this.#works.set(key, work)
    return work
  }
}
