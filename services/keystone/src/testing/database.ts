import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { openDatabase } from '@longhaul/oslo/db'
import { sql } from 'kysely'

/** A database of a test's own. */
export interface FreshDatabase {
  /** The value of `[database] connection`. */
  connection: string
  drop(): Promise<void>
}

/**
 * An empty database: a SQLite file, or, with `LONGHAUL_TEST_DB=postgresql://user:password@host:port/`, a new one in that
 * server; the user must be allowed to make databases.
 *
 * @param directory where a SQLite file goes; its owner removes it
 */
export async function freshDatabase(directory: string): Promise<FreshDatabase> {
  const server = process.env['LONGHAUL_TEST_DB']
  if (!server)
    return { connection: `sqlite:///${join(directory, 'keystone.db')}`, drop: () => Promise.resolve() }
  const name = `keystone_test_${randomUUID().replaceAll('-', '')}`
  await administer(server, (database) => sql`create database ${sql.id(name)}`.execute(database))
  return {
    connection: urlOf(server, name),
    drop: () =>
      administer(server, (database) => sql`drop database ${sql.id(name)} with (force)`.execute(database)),
  }
}

async function administer(
  server: string,
  work: (database: ReturnType<typeof openDatabase>['kysely']) => Promise<unknown>,
): Promise<void> {
  const database = openDatabase(urlOf(server, 'postgres'))
  try {
    await work(database.kysely)
  } finally {
    await database.close()
  }
}

function urlOf(server: string, name: string): string {
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}
