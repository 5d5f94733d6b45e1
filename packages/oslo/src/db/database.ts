import { Kysely, PostgresDialect } from 'kysely'
import { parseConnection } from './connection.ts'
import { openPool } from './postgresql.ts'
import { NodeSqlite, NodeSqliteDialect } from './sqlite.ts'

/** Which engine answers; the few statements that differ between engines ask for it. */
export type DatabaseKind = 'sqlite' | 'postgresql'

/** An open database. */
export interface Database<S> {
  readonly kysely: Kysely<S>
  readonly kind: DatabaseKind
  /** Waits for running queries and closes; safe to call twice. */
  close(): Promise<void>
}

export interface DatabaseOptions {
  /** PostgreSQL: connections at most, default 5. SQLite always has one. */
  poolSize?: number
  /** PostgreSQL: the name shown in `pg_stat_activity`. */
  applicationName?: string
  /**
   * PostgreSQL: how long a transaction may stand still, in milliseconds, before the server ends it and frees its rows, as those
   * of a process that was stopped; default: without a limit.
   */
  idleInTransactionMs?: number
  /** SQLite: `full` for data whose last commits must survive a power cut; default `normal`. */
  synchronous?: 'normal' | 'full'
  /** PostgreSQL: told when an idle connection breaks; the pool replaces it by itself. */
  onConnectionLost?: (error: Error) => void
}

/**
 * Opens a database. SQLite is opened at once and a new file is created with mode 0600; PostgreSQL is first asked at the
 * first query.
 *
 * SQLite has one connection: inside `transaction().execute(trx => …)` use only `trx`. A query on the outer `kysely`
 * there would wait for the transaction, which waits for the query.
 *
 * @param connection the value of `[database] connection`, see `parseConnection`
 * @throws DatabaseUrlError `database_url_invalid`
 * @example
 * const db = openDatabase<Schema>('sqlite:///var/lib/keystone/keystone.db')
 * await db.kysely.selectFrom('user').selectAll().execute()
 */
export function openDatabase<S>(connection: string, options: DatabaseOptions = {}): Database<S> {
  const parsed = parseConnection(connection)
  if (parsed.kind === 'sqlite') {
    const sqlite = new NodeSqlite(parsed.path, { synchronous: options.synchronous ?? 'normal' })
    const kysely = new Kysely<S>({ dialect: new NodeSqliteDialect(sqlite) })
    return { kysely, kind: 'sqlite', close: once(() => kysely.destroy().finally(() => sqlite.close())) }
  }
  const pool = openPool(parsed.url, {
    poolSize: options.poolSize ?? 5,
    applicationName: options.applicationName,
    idleInTransactionMs: options.idleInTransactionMs,
    onConnectionLost: options.onConnectionLost,
  })
  const kysely = new Kysely<S>({ dialect: new PostgresDialect({ pool }) })
  const close = async () => {
    await kysely.destroy()
    if (!pool.ended) await pool.end()
  }
  return { kysely, kind: 'postgresql', close: once(close) }
}

function once(close: () => Promise<void>): () => Promise<void> {
  let closing: Promise<void> | undefined
  return () => (closing ??= close())
}
