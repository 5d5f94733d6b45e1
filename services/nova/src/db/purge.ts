import type { Kysely } from 'kysely'
import type { NovaTables } from './tables.ts'

export interface PurgeOptions {
  db: Kysely<NovaTables>
  /** Removes what the engine keeps of ended operations. */
  forgetWorkflows: (operations: readonly string[]) => Promise<void>
  /** What ended before goes. */
  before: Date
}

/** Rows that were removed, by table. */
export type Purged = Record<string, number>

/** Operations that are removed in one transaction. */
const batch = 500

/**
 * Removes operations that ended, and deleted servers with all that belongs to them. Operations that left something over,
 * and servers that still have a volume or a port, stay until that is gone. May be cut off anywhere and repeated: the engine's part of an operation goes first.
 */
export async function purge(options: PurgeOptions): Promise<Purged> {
  const purged: Purged = {}
  const add = (table: string, rows: bigint) => {
    if (rows > 0n) purged[table] = (purged[table] ?? 0) + Number(rows)
  }
  for (;;) {
    const ended = await endedOperations(options)
    if (ended.length === 0) break
    await options.forgetWorkflows(ended)
    const { numDeletedRows } = await options.db
      .deleteFrom('operations')
      .where('id', 'in', ended)
      .executeTakeFirst()
    add('operations', numDeletedRows)
  }
  await purgeServers(options, add)
  return purged
}

async function endedOperations({ db, before }: PurgeOptions): Promise<string[]> {
  const rows = await db
    .selectFrom('operations')
    .select('id')
    .where('finished_at', '<', before)
    .where((is) =>
      is.not(
        is.exists(
          is.selectFrom('leftovers').select('id').whereRef('leftovers.operation_id', '=', 'operations.id'),
        ),
      ),
    )
    .orderBy('finished_at')
    .limit(batch)
    .execute()
  return rows.map(({ id }) => id)
}

async function purgeServers(
  { db, before }: PurgeOptions,
  add: (table: string, rows: bigint) => void,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const gone = trx
      .selectFrom('servers')
      .select('id')
      .where('deleted_at', '<', before)
      .where((is) =>
        is.not(
          is.exists(
            is.selectFrom('operations').select('id').whereRef('operations.server_id', '=', 'servers.id'),
          ),
        ),
      )
      .where((is) =>
        is.not(
          is.exists(
            is
              .selectFrom('block_device_mappings')
              .select('id')
              .whereRef('block_device_mappings.server_id', '=', 'servers.id'),
          ),
        ),
      )
      .where((is) =>
        is.not(
          is.exists(
            is.selectFrom('server_ports').select('id').whereRef('server_ports.server_id', '=', 'servers.id'),
          ),
        ),
      )
    const actions = trx.selectFrom('instance_actions').select('id').where('server_id', 'in', gone)
    const events = await trx
      .deleteFrom('instance_action_events')
      .where('action_id', 'in', actions)
      .executeTakeFirst()
    add('instance_action_events', events.numDeletedRows)
    for (const table of ['migrations', 'instance_actions', 'instance_faults'] as const) {
      const { numDeletedRows } = await trx.deleteFrom(table).where('server_id', 'in', gone).executeTakeFirst()
      add(table, numDeletedRows)
    }
    const servers = await trx.deleteFrom('servers').where('id', 'in', gone).executeTakeFirst()
    add('servers', servers.numDeletedRows)
  })
}
