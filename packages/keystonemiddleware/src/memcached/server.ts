import { ConnectionPool, type PoolSettings } from './connection-pool.ts'
import { MemcachedRefusal, type Command, type StoredValue } from './protocol.ts'
import { addressText, type ServerAddress } from './server-address.ts'

/** Told when a server is found dead, and when it lives again. */
export interface ServerWatcher {
  died(server: string, error: Error): void
  revived(server: string): void
}

/** One server: asked while it answers, left alone for a while when it does not, then tried by one command at a time. */
export class MemcachedServer {
  readonly name: string
  readonly #pool: ConnectionPool
  readonly #watcher: ServerWatcher
  #diedAt: number | undefined
  #tried = false

  constructor(address: ServerAddress, settings: PoolSettings, watcher: ServerWatcher) {
    this.name = addressText(address)
    this.#pool = new ConnectionPool(address, settings)
    this.#watcher = watcher
  }

  get dead(): boolean {
    return this.#diedAt !== undefined
  }

  /** @param retryMs how long a dead server is left alone, in milliseconds */
  admits(now: number, retryMs: number): boolean {
    return this.#diedAt === undefined || (!this.#tried && now - this.#diedAt >= retryMs)
  }

  /** @throws Error, of whatever kind, when there is no answer that counts */
  async run(command: Command, now: () => number): Promise<StoredValue | undefined> {
    this.#tried = this.dead
    try {
      const value = await this.#pool.run(command)
      if (this.dead) this.#watcher.revived(this.name)
      this.#diedAt = undefined
      return value
    } catch (error) {
      if (!(error instanceof MemcachedRefusal)) this.#die(error as Error, now())
      throw error
    } finally {
      this.#tried = false
    }
  }

  close(): void {
    this.#pool.close()
  }

  #die(error: Error, now: number): void {
    if (!this.dead) this.#watcher.died(this.name, error)
    this.#diedAt = now
    this.#pool.failWaiting(error)
  }
}
