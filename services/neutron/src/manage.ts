import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import {
  assertMigrated,
  DatabaseBehindError,
  openDatabase,
  parseConnection,
  syncDatabase,
} from '@longhaul/oslo/db'
import { Config } from '@longhaul/oslo-config'
import { command } from './command.ts'
import { readDatabaseSettings } from './config.ts'
import { migrations } from './db/migrations.ts'

const program = command('neutron-db-manage', 'Prepares the database of the Networking service')

function open() {
  const conf = Config.read(program.opts<{ configFile: string[] }>().configFile)
  const { connection } = readDatabaseSettings(conf)
  const place = parseConnection(connection)
  if (place.kind === 'sqlite') mkdirSync(dirname(place.path), { recursive: true, mode: 0o750 })
  return openDatabase(connection, { applicationName: 'neutron-db-manage' })
}

program
  .command('upgrade')
  .description('creates or upgrades the tables')
  .argument('[revision]', 'heads: all there is', 'heads')
  .action(async (revision: string) => {
    if (revision !== 'head' && revision !== 'heads') {
      throw new Error(`only heads can be upgraded to, not ${revision}`)
    }
    const db = open()
    try {
      const applied = await syncDatabase(db, migrations)
      process.stdout.write(
        `database: ${applied.length > 0 ? `applied ${applied.join(', ')}` : 'nothing to do'}\n`,
      )
    } finally {
      await db.close()
    }
  })

program
  .command('has_offline_migrations')
  .description('tells whether migrations are missing; exit code 1 if so')
  .action(async () => {
    const db = open()
    try {
      await assertMigrated(db, migrations)
      process.stdout.write('No offline migrations pending.\n')
    } catch (error) {
      if (!(error instanceof DatabaseBehindError)) throw error
      process.stdout.write(`Need to apply migrations: ${error.pending.join(', ')}\n`)
      process.exitCode = 1
    } finally {
      await db.close()
    }
  })

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`neutron-db-manage: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
