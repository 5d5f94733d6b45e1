// nova-manage: manage.ts --config-file nova.conf db sync | db purge | operations list | show | retry | rollback
import { DBOS } from '@dbos-inc/dbos-sdk'
import { Command, InvalidArgumentError } from 'commander'
import { assertMigrated, openDatabase, syncDatabase, type Database } from '@longhaul/oslo/db'
import { Config } from '@longhaul/oslo-config'
import packageJson from '../package.json' with { type: 'json' }
import { readDatabaseSettings, requirePostgresql } from './config.ts'
import { migrations } from './db/migrations.ts'
import { purge } from './db/purge.ts'
import { quietPg } from './db/quiet-pg.ts'
import type { NovaTables } from './db/tables.ts'
import { OperationAdministration } from './operations/administration.ts'
import { operationList, operationText } from './operations/administration-text.ts'
import { engineUrl } from './operations/engine-names.ts'
import { openQueue, type OperationQueue } from './operations/queue.ts'

const program = new Command('nova-manage')
  .description('Looks after the database and the operations of the Compute service')
  .requiredOption(
    '--config-file <file>',
    'configuration file; may be repeated, later ones win',
    (file: string, files: string[] | undefined) => [...(files ?? []), file],
  )
  .version(packageJson.version)
  .showHelpAfterError()

const print = (text: string) => void process.stdout.write(`${text}\n`)

function connectionString(): string {
  const conf = Config.read(program.opts<{ configFile: string[] }>().configFile)
  return requirePostgresql(readDatabaseSettings(conf).connection)
}

async function withDatabase(
  work: (db: Database<NovaTables>, connection: string) => Promise<void>,
): Promise<void> {
  quietPg()
  const connection = connectionString()
  const db = openDatabase<NovaTables>(connection, { applicationName: 'nova-manage' })
  try {
    await work(db, connection)
  } finally {
    await db.close()
  }
}

async function withOperations(
  work: (
    operations: OperationAdministration,
    db: Database<NovaTables>,
    queue: OperationQueue,
  ) => Promise<void>,
): Promise<void> {
  await withDatabase(async (db, connection) => {
    await assertMigrated(db, migrations, { verb: 'nova-manage db sync' })
    const queue = await openQueue(connection)
    try {
      await work(new OperationAdministration(db.kysely, queue.control, () => new Date()), db, queue)
    } finally {
      await queue.close()
    }
  })
}

/** Nova's tables, then those of the engine of operations, in the same database. */
async function sync(): Promise<void> {
  await withDatabase(async (db, connection) => {
    const applied = await syncDatabase(db, migrations)
    await DBOS.migrate(engineUrl(connection))
    print(`database: ${applied.length > 0 ? `applied ${applied.join(', ')}` : 'nothing to do'}`)
  })
}

function date(text: string): Date {
  const time = new Date(text)
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError('write a date such as 2026-11-25')
  return time
}

function count(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('write a whole number above 0')
  return Number(text)
}

const databaseVerbs = ['db', 'api_db'].map((name) =>
  program.command(name).description('verbs for the database; there is one for both names'),
)
for (const verbs of databaseVerbs) {
  verbs.command('sync').description('creates or upgrades the tables').action(sync)
}

databaseVerbs[0]!
  .command('purge')
  .description('removes deleted servers and ended operations; exit status 3 when there were none')
  .option('--before <date>', 'what ended before', date)
  .option('--all', 'whatever has ended')
  .option('--verbose', 'tells the rows of each table')
  .action(async ({ before, all, verbose }: { before?: Date; all?: boolean; verbose?: boolean }) => {
    if ((before === undefined) === !all) throw new Error('say either --before or --all')
    await withOperations(async (_operations, db, queue) => {
      const { control } = queue
      const options = {
        db: db.kysely,
        forgetWorkflows: (ids: readonly string[]) => control.forget(ids),
        before: before ?? new Date(),
      }
      const purged = Object.entries(await purge(options))
      if (verbose) for (const [table, rows] of purged) print(`${table}: ${rows}`)
      if (purged.length === 0) process.exitCode = 3
    })
  })

const operations = program.command('operations').description('work on servers that outlives crashes')

operations
  .command('list')
  .description('unfinished operations, and those that left something over; newest first')
  .option('--server <id>', 'of one server')
  .option('--all', 'also those that have ended')
  .option('--limit <count>', 'at most', count, 100)
  .option('--json', 'as JSON')
  .action(async ({ json, ...filter }: { server?: string; all?: boolean; limit: number; json?: boolean }) => {
    await withOperations(async (administration) => {
      const found = await administration.list(filter)
      print(json ? JSON.stringify({ operations: found }) : operationList(found))
    })
  })

operations
  .command('show')
  .description('one operation with its steps and what it left over')
  .argument('<operation>')
  .option('--json', 'as JSON')
  .action(async (id: string, { json }: { json?: boolean }) => {
    await withOperations(async (administration) => {
      const found = await administration.show(id)
      print(json ? JSON.stringify({ operation: found }) : operationText(found))
    })
  })

operations
  .command('retry')
  .description('has an unfinished operation executed again, or the leftovers of an ended one removed now')
  .argument('<operation>')
  .action(async (id: string) => {
    await withOperations(async (administration) => {
      const done = await administration.retry(id)
      print(
        done === 'resumed'
          ? `operation ${id} will go on from its last checkpoint`
          : `what operation ${id} left over will be removed at the conductors' next round`,
      )
    })
  })

operations
  .command('rollback')
  .description('asks an operation to undo what it did and end')
  .argument('<operation>')
  .action(async (id: string) => {
    await withOperations(async (administration) => {
      await administration.rollback(id)
      print(`operation ${id} will be undone`)
    })
  })

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`nova-manage: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
