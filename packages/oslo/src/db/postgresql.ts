import { Pool, types } from 'pg'
import type { PoolConfig } from 'pg'

/** Type id of bigint, which is what `count(*)` returns. */
const int8 = 20

/** How long a caller waits for a free or a new connection, in milliseconds. */
const connectTimeoutMs = 10_000

export interface PoolSettings {
  /** Connections at most. */
  poolSize: number
  /** Shown in `pg_stat_activity`. */
  applicationName?: string | undefined
  /** How long a transaction may stand still before the server ends it, in milliseconds; absent: without a limit. */
  idleInTransactionMs?: number | undefined
  /** Told of connections that broke while nobody used them. */
  onConnectionLost?: ((error: Error) => void) | undefined
}

/**
 * A pool that a killed server does not bring down: without listeners an idle or a borrowed connection that breaks would
 * end the process. The query in flight still fails, with an error for which `isConnectionError` is true.
 */
export function openPool(url: string, settings: PoolSettings): Pool {
  const config: PoolConfig = {
    connectionString: url,
    max: settings.poolSize,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    application_name: settings.applicationName,
    ...(settings.idleInTransactionMs === undefined
      ? {}
      : { idle_in_transaction_session_timeout: settings.idleInTransactionMs }),
    types: {
      // bigint as a number, as SQLite gives it.
      getTypeParser: (id: number, format?: 'text' | 'binary'): unknown =>
        id === int8 ? Number : types.getTypeParser(id, format),
    },
  }
  const pool = new Pool(config)
  pool.on('error', (error) => settings.onConnectionLost?.(error))
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}
