import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { Command } from 'commander'
import {
  assertMigrated,
  DatabaseBehindError,
  openDatabase,
  parseConnection,
  syncDatabase,
  type Database,
} from '@longhaul/oslo/db'
import { Config } from '@longhaul/oslo-config'
import packageFile from '../package.json' with { type: 'json' }
import { readDatabaseSettings, repeated } from './config.ts'
import { migrations } from './db/migrations.ts'
import type { CinderTables } from './db/tables.ts'

const program = new Command('cinder-manage')
  .description('Prepares the database of the Block Storage service')
  .requiredOption(
    '--config-file <path>',
    'configuration file, or a directory of them; may be repeated',
    repeated,
  )
  .version(packageFile.version)

/** Opens the database of the configuration for one verb. */
async function withDatabase<T>(work: (db: Database<CinderTables>) => Promise<T>): Promise<T> {
  const conf = Config.read(program.opts<{ configFile: string[] }>().configFile)
  const { connection } = readDatabaseSettings(conf)
  const place = parseConnection(connection)
  if (place.kind === 'sqlite') mkdirSync(dirname(place.path), { recursive: true, mode: 0o750 })
  const db = openDatabase<CinderTables>(connection, { applicationName: 'cinder-manage' })
  try {
    return await work(db)
  } finally {
    await db.close()
  }
}

async function syncVerb(): Promise<void> {
  const applied = await withDatabase((db) => syncDatabase(db, migrations))
  const names = applied.length > 0 ? `applied ${applied.join(', ')}` : 'nothing to do'
  process.stdout.write(`database: ${names}\n`)
}

/** Of the original's three codes only this: expanding, migrating and contracting are one step here. */
const behindCode = 3

async function checkVerb(): Promise<void> {
  const pending = await withDatabase((db) => pendingMigrations(db))
  if (pending.length === 0) {
    process.stdout.write('Database is up to date. No upgrades needed.\n')
    return
  }
  process.stdout.write(
    `Your database is not up to date: it lacks ${pending.join(', ')}. Your first step is to run \`cinder-manage db sync\`.\n`,
  )
  process.exitCode = behindCode
}

async function versionVerb(): Promise<void> {
  const pending = new Set(await withDatabase((db) => pendingMigrations(db)))
  const applied = Object.keys(migrations)
    .toSorted()
    .findLast((name) => !pending.has(name))
  process.stdout.write(
    applied === undefined
      ? 'Database is not under migration control, please run `cinder-manage db sync`.\n'
      : `${applied}\n`,
  )
}

/** @throws DatabaseAheadError */
async function pendingMigrations(db: Database<CinderTables>): Promise<readonly string[]> {
  try {
    await assertMigrated(db, migrations)
    return []
  } catch (error) {
    if (error instanceof DatabaseBehindError) return error.pending
    throw error
  }
}

const verbs = program.command('db').description('verbs for the database')
verbs.command('sync').description('creates or upgrades the tables').action(syncVerb)
verbs.command('version').description('prints the last applied migration').action(versionVerb)
verbs
  .command('check')
  .description(`tells whether migrations are missing; exit code ${behindCode} if so`)
  .action(checkVerb)
program.command('db_sync').description('the same as db sync').action(syncVerb)
program.command('db_version').description('the same as db version').action(versionVerb)

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`cinder-manage: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
