import { crc32 } from 'node:zlib'
import type { PoolSettings } from './connection-pool.ts'
import type { StoredValue } from './protocol.ts'
import { MemcachedServer, type ServerWatcher } from './server.ts'
import type { ServerAddress } from './server-address.ts'

/** Settings of {@link MemcachedClient}. */
export interface MemcachedClientSettings extends PoolSettings {
  servers: readonly ServerAddress[]
  /** Milliseconds that a dead server is left alone, while there are others. */
  deadRetryMs: number
  now: () => Date
  watcher: ServerWatcher
}

/** How long a dead server is left alone when there is no other. */
const lonelyRetryMs = 1000
const mostTries = 10

/**
 * The servers of a cloud, which agrees with Python's clients on the server that keeps a key: one by its checksum, or, with
 * a login, all of them.
 *
 * @see python-memcached, Client._get_server; python-binary-memcached, ReplicatingClient
 */
export class MemcachedClient {
  readonly #servers: readonly MemcachedServer[]
  readonly #settings: MemcachedClientSettings

  constructor(settings: MemcachedClientSettings) {
    this.#settings = settings
    this.#servers = settings.servers.map(
      (address) => new MemcachedServer(address, settings, settings.watcher),
    )
  }

  /** @throws Error when the server that may have it gave no answer */
  async get(key: string): Promise<StoredValue | undefined> {
    for (const server of this.#serversOf(key)) {
      const value = await server.run({ name: 'get', key }, this.#now)
      if (value) return value
    }
    return undefined
  }

  /** @param expires seconds from now, at most 30 days, or seconds since the epoch @throws Error when it was not stored */
  async set(key: string, value: StoredValue, expires: number): Promise<void> {
    const command = { name: 'set', key, value, expires } as const
    await Promise.all(this.#serversOf(key).map((server) => server.run(command, this.#now)))
  }

  /** @throws Error when it may still be there */
  async delete(key: string): Promise<void> {
    await Promise.all(this.#serversOf(key).map((server) => server.run({ name: 'delete', key }, this.#now)))
  }

  /** Asks every server, by name; an Error where there was no answer. */
  async versions(): Promise<Map<string, string | Error>> {
    const asked = this.#servers.map(async (server) => {
      const answer = await server.run({ name: 'version' }, this.#now).then(
        (value) => value?.data.toString() ?? '',
        (error: Error) => error,
      )
      return [server.name, answer] as const
    })
    return new Map(await Promise.all(asked))
  }

  close(): void {
    for (const server of this.#servers) server.close()
  }

  #serversOf(key: string): MemcachedServer[] {
    const now = this.#now()
    const { deadRetryMs, credentials } = this.#settings
    const retryMs = this.#servers.every(({ dead }) => dead)
      ? Math.min(deadRetryMs, lonelyRetryMs)
      : deadRetryMs
    if (credentials) return this.#servers.filter((server) => server.admits(now, retryMs))
    let hash = checksum(key)
    for (let tries = 0; tries < mostTries; tries++) {
      const server = this.#servers[hash % this.#servers.length]
      if (server?.admits(now, retryMs)) return [server]
      hash = checksum(`${hash}${tries}`)
    }
    return []
  }

  // Handed on: a server is found dead when its time has run out, not when it was asked.
  readonly #now = (): number => this.#settings.now().getTime()
}

function checksum(text: string): number {
  return (crc32(text) >>> 16) & 0x7fff || 1
}
