import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { Command } from 'commander'
import { openDatabase, parseConnection, syncDatabase } from '@longhaul/oslo/db'
import { Config } from '@longhaul/oslo-config'
import packageFile from '../package.json' with { type: 'json' }
import { readDatabaseSettings, repeated } from './config.ts'
import { migrations } from './db/migrations.ts'
import type { GlanceTables } from './db/tables.ts'

const program = new Command('glance-manage')
  .description('Prepares the database of the Image service')
  .requiredOption(
    '--config-file <path>',
    'configuration file, or a directory of them; may be repeated',
    repeated,
  )
  .version(packageFile.version)

async function syncVerb(): Promise<void> {
  const conf = Config.read(program.opts<{ configFile: string[] }>().configFile)
  const { connection } = readDatabaseSettings(conf)
  const place = parseConnection(connection)
  if (place.kind === 'sqlite') mkdirSync(dirname(place.path), { recursive: true, mode: 0o750 })
  const db = openDatabase<GlanceTables>(connection, { applicationName: 'glance-manage' })
  try {
    const applied = await syncDatabase(db, migrations)
    const names = applied.length > 0 ? `applied ${applied.join(', ')}` : 'nothing to do'
    process.stdout.write(`database: ${names}\n`)
  } finally {
    await db.close()
  }
}

program
  .command('db')
  .description('verbs for the database')
  .command('sync')
  .description('creates or upgrades the tables')
  .action(syncVerb)
program.command('db_sync').description('the same as db sync').action(syncVerb)

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`glance-manage: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
