import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { Database, DatabaseKind } from './database.ts'

/** Tables as a migration sees them: it must not depend on the service's present schema. */
export type MigrationSchema = Record<string, Record<string, unknown>>

/** One step of a schema. It runs in a transaction and must use only the `db` it is given. */
export interface Migration {
  up(db: Kysely<MigrationSchema>, kind: DatabaseKind): Promise<void>
}

/** All steps by name (`0001-name`); they run in the order of their names, and a name never changes. */
export type Migrations = Record<string, Migration>

export interface MigrationOptions {
  /** Table that keeps the names of applied steps, default `schema_migrations`. */
  table?: string
}

/** The database lacks migrations that this release needs. */
export class DatabaseBehindError extends Error {
  override name = 'DatabaseBehindError'
  readonly code = 'database_behind'
  readonly pending: readonly string[]

  constructor(pending: readonly string[], verb: string) {
    super(`the database lacks migrations of this release (${pending.join(', ')}): run \`${verb}\``)
    this.pending = pending
  }
}

/** The database was migrated by a newer release than this one. */
export class DatabaseAheadError extends Error {
  override name = 'DatabaseAheadError'
  readonly code = 'database_ahead'
  readonly unknown: readonly string[]

  constructor(unknown: readonly string[]) {
    super(`the database was migrated by a newer release (unknown here: ${unknown.join(', ')})`)
    this.unknown = unknown
  }
}

const defaultTable = 'schema_migrations'

/**
 * Applies the missing migrations, all in one transaction: either all of them or none. Callers at the same time wait for
 * each other (PostgreSQL: an advisory lock; SQLite: the write lock).
 *
 * @returns the names applied now, empty if there was nothing to do
 * @throws DatabaseAheadError `database_ahead`
 */
export async function syncDatabase<S>(
  db: Database<S>,
  migrations: Migrations,
  options: MigrationOptions = {},
): Promise<string[]> {
  const table = options.table ?? defaultTable
  return await db.kysely.transaction().execute(async (transaction) => {
    const trx = transaction as unknown as Kysely<MigrationSchema>
    if (db.kind === 'postgresql') {
      await sql`select pg_advisory_xact_lock(hashtext(${`longhaul ${table}`}))`.execute(trx)
    }
    await trx.schema
      .createTable(table)
      .ifNotExists()
      .addColumn('name', 'varchar(255)', (column) => column.primaryKey())
      .addColumn('applied_at', 'varchar(40)', (column) => column.notNull())
      .execute()
    const pending = missing(migrations, await appliedNames(trx, table))
    for (const name of pending) {
      await migrations[name]?.up(trx, db.kind)
      await trx
        .insertInto(table)
        .values({ name, applied_at: sql`current_timestamp` })
        .execute()
    }
    return pending
  })
}

/**
 * Refuses to go on with a database that is not exactly at this release. Servers call it before they listen.
 *
 * @param options.verb the command that the message names, default `db sync`
 * @throws DatabaseBehindError `database_behind`, DatabaseAheadError `database_ahead`
 */
export async function assertMigrated<S>(
  db: Database<S>,
  migrations: Migrations,
  options: MigrationOptions & { verb?: string } = {},
): Promise<void> {
  const table = options.table ?? defaultTable
  const kysely = db.kysely as unknown as Kysely<MigrationSchema>
  const names = (await tableExists(kysely, db.kind, table)) ? await appliedNames(kysely, table) : []
  const pending = missing(migrations, names)
  if (pending.length > 0) throw new DatabaseBehindError(pending, options.verb ?? 'db sync')
}

function missing(migrations: Migrations, applied: readonly string[]): string[] {
  const unknown = applied.filter((name) => !Object.hasOwn(migrations, name))
  if (unknown.length > 0) throw new DatabaseAheadError(unknown)
  const done = new Set(applied)
  return Object.keys(migrations)
    .filter((name) => !done.has(name))
    .toSorted()
}

async function appliedNames(kysely: Kysely<MigrationSchema>, table: string): Promise<string[]> {
  const rows = await kysely.selectFrom(table).select('name').orderBy('name').execute()
  return rows.map((row) => String(row['name']))
}

async function tableExists(
  kysely: Kysely<MigrationSchema>,
  kind: DatabaseKind,
  table: string,
): Promise<boolean> {
  const query =
    kind === 'sqlite'
      ? sql<{
          found: number
        }>`select count(*) as found from sqlite_master where type = 'table' and name = ${table}`
      : sql<{ found: number }>`select count(*) as found from pg_tables
          where schemaname = current_schema() and tablename = ${table}`
  const { rows } = await query.execute(kysely)
  return (rows[0]?.found ?? 0) > 0
}
