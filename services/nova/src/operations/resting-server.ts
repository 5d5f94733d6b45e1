import type { Transaction } from 'kysely'
import type { NovaTables } from '../db/tables.ts'

/**
 * Locks a server with which nothing is being done, so that nothing begins until the transaction ends. One that is locked
 * already is busy.
 *
 * @returns undefined if it is busy, or there is none
 */
export async function lockRestingServer(
  trx: Transaction<NovaTables>,
  id: string,
): Promise<{ host: string | null; deleted_at: Date | null } | undefined> {
  const server = await trx
    .selectFrom('servers')
    .select(['host', 'deleted_at'])
    .where('id', '=', id)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  if (!server) return undefined
  const busy = await trx
    .selectFrom('operations')
    .select('id')
    .where('server_id', '=', id)
    .where('finished_at', 'is', null)
    .executeTakeFirst()
  return busy ? undefined : server
}
