import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { ensureDatabase, openDatabase, type Database } from '@longhaul/oslo/db'
import type { GlanceTables } from '../db/tables.ts'

/** URL of a PostgreSQL superuser; without it tests run on SQLite. */
const adminUrl = process.env['LONGHAUL_TEST_DB']

/** A fresh database. `drop` it when nothing is connected any more. */
export async function testDatabase(): Promise<{ connection: string; drop: () => Promise<void> }> {
  if (!adminUrl) return { connection: 'sqlite://', drop: async () => undefined }
  const name = `glance_${randomUUID().replaceAll('-', '')}`
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

/** Opens a connection of one app. */
export function openTestDatabase(connection: string): Database<GlanceTables> {
  return openDatabase<GlanceTables>(connection, { poolSize: 3 })
}

/** The superuser's own database if the URL names none. */
function withDatabase(url: string): string {
  const full = new URL(url)
  if (full.pathname.length < 2) full.pathname = '/postgres'
  return full.href
}
