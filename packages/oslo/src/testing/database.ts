import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { sql } from 'kysely'
import { openDatabase } from '../db/index.ts'

/** URL of a PostgreSQL user that may make databases; without it tests run on SQLite. */
const adminUrl = process.env['LONGHAUL_TEST_DB']

/** A database of a test's own. */
export interface TestDatabase {
  /** The value of `[database] connection`. */
  connection: string
  /** Removes it; nothing may be connected any more. */
  drop: () => Promise<void>
}

/**
 * A fresh database: one of its own in the server that `LONGHAUL_TEST_DB` names, otherwise SQLite.
 *
 * @param service in the name of the database
 * @param directory of the SQLite file, for a database that several connections share; its owner removes it. Default: in memory
 */
export async function testDatabase(service: string, directory?: string): Promise<TestDatabase> {
  if (!adminUrl) {
    const connection = directory === undefined ? 'sqlite://' : `sqlite:///${join(directory, `${service}.db`)}`
    return { connection, drop: async () => undefined }
  }
  const name = `${service}_${randomUUID().replaceAll('-', '')}`
  // Copies files instead of writing every page to the log as well, which is quicker for an empty database.
  await administer(sql`create database ${sql.id(name)} strategy file_copy`)
  const drop = () => administer(sql`drop database ${sql.id(name)} with (force)`)
  return { connection: urlOf(adminUrl, name), drop }
}

async function administer(statement: ReturnType<typeof sql>): Promise<void> {
  const admin = openDatabase(urlOf(adminUrl!, 'postgres'), { poolSize: 1 })
  try {
    await statement.execute(admin.kysely)
  } finally {
    await admin.close()
  }
}

function urlOf(server: string, database: string): string {
  const url = new URL(server)
  url.pathname = `/${database}`
  return url.href
}
