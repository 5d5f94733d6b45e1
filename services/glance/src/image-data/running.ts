/** What this process writes at the moment, by the id of the upload. */
export class Running {
  readonly #works = new Map<string, Promise<unknown>>()

  /** Does work of an upload and knows of it until its end. Call it before the database hears of the upload. */
  async track<T>(uploadId: string, work: () => Promise<T>): Promise<T> {
    const running = work()
    this.#works.set(uploadId, running)
    try {
      return await running
    } finally {
      this.#works.delete(uploadId)
    }
  }

  has(uploadId: string): boolean {
    return this.#works.has(uploadId)
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    while (this.#works.size > 0) await Promise.allSettled(this.#works.values())
  }
}
