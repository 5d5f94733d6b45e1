// SQL of operations about the migrations of servers.
import { sql, type Kysely, type Transaction, type Updateable } from 'kysely'
import type { MigrationsTable, NovaTables } from '../db/tables.ts'
import type { Progress } from '../jobs-protocol.ts'
import { inProgress, type MigrationStatus } from '../migration-status.ts'
import { StaleAttempt } from './failure.ts'
import type { RunningOperation } from './running-operation.ts'

/** Changes the migration of an operation. @throws StaleAttempt */
export async function writeMigration(
  db: Kysely<NovaTables>,
  operation: RunningOperation,
  changes: Updateable<MigrationsTable>,
): Promise<void> {
  const written = await db
    .updateTable('migrations')
    .set(changes)
    .where('operation_id', '=', operation.id)
    .where((is) =>
      is.exists(
        is
          .selectFrom('operations')
          .select('id')
          .where('id', '=', operation.id)
          .where('attempt', '=', operation.attempt),
      ),
    )
    .executeTakeFirst()
  if (written.numUpdatedRows === 0n) throw new StaleAttempt()
}

export async function migrationOf(db: Kysely<NovaTables>, operationId: string) {
  return await db
    .selectFrom('migrations')
    .selectAll()
    .where('operation_id', '=', operationId)
    .executeTakeFirstOrThrow()
}

/** What an agent says of the way, as columns. */
export function progressColumns({ memory, disk }: Progress): Updateable<MigrationsTable> {
  return {
    ...(memory && {
      memory_total: memory.total,
      memory_processed: memory.processed,
      memory_remaining: memory.remaining,
    }),
    ...(disk && {
      disk_total: disk.total,
      disk_processed: disk.processed,
      disk_remaining: disk.remaining,
    }),
  }
}

/**
 * Takes one of the places for machines that leave a host.
 *
 * @param places at most so many at a time; 0: any number
 * @returns whether there was one
 * @throws StaleAttempt
 */
export async function takePlace(
  trx: Transaction<NovaTables>,
  operation: RunningOperation,
  { host, places, now }: { host: string; places: number; now: Date },
): Promise<boolean> {
  // One at a time decides about a host.
  await trx.selectFrom('hosts').select('host').where('host', '=', host).forUpdate().execute()
  const leaving: MigrationStatus[] = ['preparing', 'running', 'running (post-copy)']
  const { others } = await trx
    .selectFrom('migrations')
    .select(({ fn }) => fn.countAll<number>().as('others'))
    .where('source_compute', '=', host)
    .where('status', 'in', leaving)
    .where('operation_id', '!=', operation.id)
    .executeTakeFirstOrThrow()
  if (places > 0 && others >= places) return false
  await writeMigration(trx, operation, { status: 'preparing', updated_at: now })
  return true
}

/** The room that machines on their way have claimed at their destinations. */
export async function claimsOfMigrations(db: Kysely<NovaTables>) {
  return await db
    .selectFrom('migrations')
    .innerJoin('servers', 'servers.id', 'migrations.server_id')
    .select(['migrations.dest_compute as host', 'servers.flavor'])
    .where('migrations.status', 'in', inProgress)
    .where('migrations.dest_compute', 'is not', null)
    // One that has arrived counts as a server of its host.
    .where(sql<boolean>`servers.host is distinct from migrations.dest_compute`)
    .execute()
}
