import { randomBytes } from 'node:crypto'
import { openDatabase } from '@longhaul/oslo/db'
import { ensureDatabase } from '@longhaul/oslo/db/provision'
import { sql, type Kysely } from 'kysely'

/** A PostgreSQL server of a test run. */
export interface TestPostgresql {
  /** A fresh database. @param prepare makes its tables @returns its URL */
  database(prepare: (url: string) => Promise<void>): Promise<string>
  /** Kills the server as a crash would. */
  kill(): Promise<void>
  start(): Promise<void>
  /** Ends the server and removes its files. */
  stop(): Promise<void>
}

const template = 'nova_template'
/** Any number that nobody else on the server locks. */
const lock = 7_316_001

/**
 * Databases in a server that a run of tests has for all of its files. The first one that is asked for is prepared once,
 * as a template; every other is a copy of it.
 *
 * @param adminUrl `postgresql://` URL of a superuser
 */
export function sharedPostgresql(adminUrl: string): TestPostgresql {
  const made: string[] = []
  const asAdmin = async (work: (db: Kysely<unknown>) => Promise<unknown>) => {
    const admin = openDatabase<Record<string, never>>(new URL('/postgres', adminUrl).href, { poolSize: 1 })
    try {
      await admin.kysely.connection().execute((db) => work(db as Kysely<unknown>))
    } finally {
      await admin.close()
    }
  }
  const never = () => Promise.reject(new Error('the server belongs to all tests'))
  return {
    async database(prepare) {
      const name = `nova_${randomBytes(6).toString('hex')}`
      const owner = { owner: 'nova', password: 'pw' }
      await asAdmin(async (db) => {
        await sql`select pg_advisory_lock(${lock})`.execute(db)
        const { rows } = await sql`select 1 from pg_database where datname = ${template}`.execute(db)
        if (rows.length === 0) {
          const building = await ensureDatabase(adminUrl, { database: `${template}_new`, ...owner })
          await prepare(building)
          await sql`alter database ${sql.id(`${template}_new`)} rename to ${sql.id(template)}`.execute(db)
        }
        await sql`create database ${sql.id(name)} owner nova template ${sql.id(template)}`.execute(db)
      })
      made.push(name)
      const url = new URL(adminUrl)
      url.username = owner.owner
      url.password = owner.password
      url.pathname = `/${name}`
      return url.href
    },
    kill: never,
    start: never,
    async stop() {
      await asAdmin(async (db) => {
        for (const name of made) {
          await sql`drop database if exists ${sql.id(name)} with (force)`.execute(db)
        }
      })
    },
  }
}
