import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { ensureDatabase, openDatabase } from '../db/index.ts'

/** URL of a PostgreSQL superuser; without it tests run on SQLite. */
const adminUrl = process.env['LONGHAUL_TEST_DB']

/**
 * A fresh database: SQLite in memory, or one of its own in the server that `LONGHAUL_TEST_DB` names. `drop` it when nothing
 * is connected any more.
 *
 * @param service in the names of database and owner
 */
export async function testDatabase(
  service: string,
): Promise<{ connection: string; drop: () => Promise<void> }> {
  if (!adminUrl) return { connection: 'sqlite://', drop: async () => undefined }
  const name = `${service}_${randomUUID().replaceAll('-', '')}`
  const owner = { database: name, owner: name, password: randomUUID() }
  const connection = await ensureDatabase(withDatabase(adminUrl), owner)
  const drop = async () => {
    const admin = openDatabase(withDatabase(adminUrl), { poolSize: 1 })
    await sql`drop database ${sql.id(name)} with (force)`.execute(admin.kysely)
    await sql`drop role ${sql.id(name)}`.execute(admin.kysely)
    await admin.close()
  }
  return { connection, drop }
}

/** The superuser's own database if the URL names none. */
function withDatabase(url: string): string {
  const full = new URL(url)
  if (full.pathname.length < 2) full.pathname = '/postgres'
  return full.href
}
