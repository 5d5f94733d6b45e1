import { Connection, Unanswered, type ConnectionSettings } from './connection.ts'
import { MemcachedRefusal, type Command, type StoredValue } from './protocol.ts'
import type { ServerAddress } from './server-address.ts'

/** How many connections to a server are kept, and for how long. */
export interface PoolSettings extends ConnectionSettings {
  /** Most connections at a time. */
  maxSize: number
  /** Milliseconds after which an unused connection is closed. */
  unusedMs: number
  /** Milliseconds that a command waits for a connection to become free. */
  waitMs: number
}

/** The connections to one server. */
export class ConnectionPool {
  readonly #address: ServerAddress
  readonly #settings: PoolSettings
  readonly #idle = new Map<Connection, () => void>()
  readonly #waiting = new Set<{ take: (connection: Connection) => void; fail: (error: Error) => void }>()
  readonly #open = new Set<Connection>()
  #opening = 0
  #closed = false

  constructor(address: ServerAddress, settings: PoolSettings) {
    this.#address = address
    this.#settings = settings
  }

  /**
   * @throws MemcachedRefusal when the server would not do it
   * @throws Error when it cannot be reached or is too slow
   */
  async run(command: Command): Promise<StoredValue | undefined> {
    const kept = this.#idleOne()
    // A server that was started anew has closed what was kept: that says nothing of it.
    if (kept) {
      try {
        return await this.#with(kept, command)
      } catch (error) {
        const closed = !(error instanceof MemcachedRefusal) && !(error instanceof Unanswered)
        if (!closed || kept.usable) throw error
      }
    }
    return await this.#with(await this.#connection(), command)
  }

  /** Nobody waits any longer. */
  failWaiting(error: Error): void {
    for (const waiter of this.#waiting) waiter.fail(error)
  }

  close(): void {
    this.#closed = true
    for (const connection of this.#idle.keys()) this.#drop(connection)
    this.failWaiting(new Error('the pool was closed'))
  }

  async #with(connection: Connection, command: Command): Promise<StoredValue | undefined> {
    try {
      return await connection.run(command)
    } finally {
      this.#release(connection)
    }
  }

  #idleOne(): Connection | undefined {
    // The newest, so that the others may go.
    const connection = [...this.#idle.keys()].at(-1)
    if (!connection) return undefined
    connection.busy(this.#idle.get(connection)!)
    this.#idle.delete(connection)
    return connection
  }

  async #connection(): Promise<Connection> {
    if (this.#closed) throw new Error('the pool was closed')
    if (this.#open.size + this.#opening >= this.#settings.maxSize) return await this.#wait()
    return await this.#new()
  }

  async #new(): Promise<Connection> {
    this.#opening += 1
    try {
      const connection = await Connection.open(this.#address, this.#settings)
      this.#open.add(connection)
      return connection
    } catch (error) {
      this.failWaiting(error as Error)
      throw error
    } finally {
      this.#opening -= 1
    }
  }

  #wait(): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const limit = setTimeout(
        () => waiter.fail(new Error('no connection became free')),
        this.#settings.waitMs,
      )
      const over = () => {
        clearTimeout(limit)
        this.#waiting.delete(waiter)
      }
      const waiter = {
        take: (connection: Connection) => (over(), resolve(connection)),
        fail: (error: Error) => (over(), reject(error)),
      }
      this.#waiting.add(waiter)
    })
  }

  #release(connection: Connection): void {
    if (!connection.usable || this.#closed) {
      this.#drop(connection)
      // Its place is free for one of those who wait; that it cannot be opened they hear there.
      if (this.#waiting.size > 0)
        this.#new().then(
          (made) => this.#release(made),
          () => undefined,
        )
      return
    }
    const [next] = this.#waiting
    if (next) return next.take(connection)
    const gone = () => this.#drop(connection)
    this.#idle.set(connection, gone)
    connection.idle(this.#settings.unusedMs, gone)
  }

  #drop(connection: Connection): void {
    this.#idle.delete(connection)
    this.#open.delete(connection)
    connection.close()
  }
}
