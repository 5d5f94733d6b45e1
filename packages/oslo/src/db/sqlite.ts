import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { DatabaseSync } from 'node:sqlite'
import type { SQLInputValue } from 'node:sqlite'
import { CompiledQuery, SqliteDialect, SqliteDriver } from 'kysely'
import type { DatabaseConnection, SqliteDatabase, SqliteStatement, TransactionSettings } from 'kysely'
import { DatabaseLockedError } from './errors.ts'

/** Statements kept ready; a service has a few hundred different ones. */
const statementCacheSize = 500

/** How long to wait for another connection's write, in milliseconds. */
const busyTimeoutMs = 5000

/** Pause between two attempts to begin a transaction, in milliseconds. */
const beginPauseMs = 5

/** SQLite's result code SQLITE_BUSY. */
const sqliteBusy = 5

export interface SqliteSettings {
  /** `full` survives a power cut without losing the last commits; `normal` only keeps the file consistent. */
  synchronous: 'normal' | 'full'
}

/**
 * `node:sqlite` in the shape that Kysely's SqliteDialect asks for. Makes missing
 * directories; a new file gets mode 0600, for it may hold password hashes.
 *
 * @see https://nodejs.org/docs/latest-v24.x/api/sqlite.html
 */
export class NodeSqlite implements SqliteDatabase {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, SqliteStatement>()

  constructor(path: string, settings: SqliteSettings) {
    if (path !== ':memory:') {
      mkdirSync(dirname(path), { recursive: true, mode: 0o750 })
      closeSync(openSync(path, 'a', 0o600))
    }
    this.#database = new DatabaseSync(path)
    this.#database.exec(`pragma busy_timeout = ${busyTimeoutMs}`)
    this.#database.exec('pragma journal_mode = wal')
    this.#database.exec(`pragma synchronous = ${settings.synchronous}`)
    this.#database.exec('pragma foreign_keys = on')
  }

  prepare(text: string): SqliteStatement {
    let statement = this.#statements.get(text)
    if (!statement) {
      statement = this.#prepare(text)
      if (this.#statements.size < statementCacheSize) this.#statements.set(text, statement)
    }
    return statement
  }

  /**
   * Begins a transaction if nobody else is writing.
   *
   * @returns false if somebody is; SQLite's own wait would stop the event loop, and with it the writer if it is ours
   */
  tryBegin(text: string): boolean {
    this.#database.exec('pragma busy_timeout = 0')
    try {
      this.#database.exec(text)
      return true
    } catch (error) {
      if ((error as { errcode?: number }).errcode === sqliteBusy) return false
      throw error
    } finally {
      this.#database.exec(`pragma busy_timeout = ${busyTimeoutMs}`)
    }
  }

  close(): void {
    this.#statements.clear()
    if (this.#database.isOpen) this.#database.close()
  }

  #prepare(text: string): SqliteStatement {
    const statement = this.#database.prepare(text)
    const reader = statement.columns().length > 0
    return {
      reader,
      // node:sqlite makes rows without a prototype; callers get ordinary objects, as from pg.
      all: (values) => statement.all(...bind(values)).map((row) => ({ ...row })),
      run: (values) => statement.run(...bind(values)),
      *iterate(values) {
        for (const row of statement.iterate(...bind(values))) yield { ...row }
      },
    }
  }
}

/** SQLite knows neither booleans nor dates: 1 and 0, and ISO 8601 text, stand for them. */
function bind(values: readonly unknown[]): SQLInputValue[] {
  return values.map((value) => {
    if (typeof value === 'boolean') return value ? 1 : 0
    if (value === undefined) return null
    if (value instanceof Date) return value.toISOString()
    return value as SQLInputValue
  })
}

/** Takes the write lock at the start of a transaction, so that one that read first cannot fail with SQLITE_BUSY later. */
class ImmediateDriver extends SqliteDriver {
  readonly #database: NodeSqlite

  constructor(database: NodeSqlite) {
    super({ database })
    this.#database = database
  }

  override async beginTransaction(
    connection: DatabaseConnection,
    settings?: TransactionSettings,
  ): Promise<void> {
    if (settings?.accessMode === 'read only') {
      await connection.executeQuery(CompiledQuery.raw('begin deferred'))
      return
    }
    const deadline = performance.now() + busyTimeoutMs
    while (!this.#database.tryBegin('begin immediate')) {
      if (performance.now() > deadline) throw new DatabaseLockedError('another writer holds the database')
      await pause(beginPauseMs)
    }
  }
}

/** Kysely's SQLite dialect whose transactions begin with `begin immediate`. */
export class NodeSqliteDialect extends SqliteDialect {
  readonly #database: NodeSqlite

  constructor(database: NodeSqlite) {
    super({ database })
    this.#database = database
  }

  override createDriver(): SqliteDriver {
    return new ImmediateDriver(this.#database)
  }
}
