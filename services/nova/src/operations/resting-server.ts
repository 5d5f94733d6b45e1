import type { Kysely, Transaction } from 'kysely'
import type { NovaTables } from '../db/tables.ts'

interface RestingServer {
  host: string | null
  deleted_at: Date | null
}

/** A server with which nothing is being done. @returns undefined if something is, or there is none */
export async function restingServer(db: Kysely<NovaTables>, id: string): Promise<RestingServer | undefined> {
  return await db
    .selectFrom('servers')
    .select(['host', 'deleted_at'])
    .where('id', '=', id)
    .where((is) =>
      is.not(
        is.exists(
          is
            .selectFrom('operations')
            .select('operations.id')
            .whereRef('operations.server_id', '=', 'servers.id')
            .where('operations.finished_at', 'is', null),
        ),
      ),
    )
    .executeTakeFirst()
}

/** The same, locked, so that nothing begins until the transaction ends. One that is locked already is busy. */
export async function lockRestingServer(
  trx: Transaction<NovaTables>,
  id: string,
): Promise<RestingServer | undefined> {
  const locked = await trx
    .selectFrom('servers')
    .select('id')
    .where('id', '=', id)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  // What began before it was locked is seen by a statement of its own.
  return locked && (await restingServer(trx, id))
}
