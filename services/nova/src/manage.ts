// nova-manage: manage.ts --config-file nova.conf db sync
import { DBOS } from '@dbos-inc/dbos-sdk'
import { Command } from 'commander'
import { openDatabase, syncDatabase } from '@longhaul/oslo/db'
import { Config } from '@longhaul/oslo-config'
import packageJson from '../package.json' with { type: 'json' }
import { quietPg } from './db/quiet-pg.ts'
import { readDatabaseSettings, requirePostgresql } from './config.ts'
import { migrations } from './db/migrations.ts'
import type { NovaTables } from './db/tables.ts'
import { engineUrl } from './operations/queue.ts'

const program = new Command('nova-manage')
  .description('Prepares the database of the Compute service')
  .requiredOption(
    '--config-file <file>',
    'configuration file; may be repeated, later ones win',
    (file: string, files: string[] | undefined) => [...(files ?? []), file],
  )
  .version(packageJson.version)

/** Nova's tables, then those of the engine of operations, in the same database. */
async function sync(): Promise<void> {
  quietPg()
  const conf = Config.read(program.opts<{ configFile: string[] }>().configFile)
  const connection = requirePostgresql(readDatabaseSettings(conf).connection)
  const db = openDatabase<NovaTables>(connection, { applicationName: 'nova-manage' })
  try {
    const applied = await syncDatabase(db, migrations)
    await DBOS.migrate(engineUrl(connection))
    const names = applied.length > 0 ? `applied ${applied.join(', ')}` : 'nothing to do'
    process.stdout.write(`database: ${names}\n`)
  } finally {
    await db.close()
  }
}

for (const database of ['db', 'api_db']) {
  program
    .command(database)
    .description('verbs for the database; there is one for both names')
    .command('sync')
    .description('creates or upgrades the tables')
    .action(sync)
}

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`nova-manage: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
