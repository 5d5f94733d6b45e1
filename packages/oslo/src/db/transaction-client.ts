import { CompiledQuery } from 'kysely'
import type { Transaction } from 'kysely'
import type { ClientBase } from 'pg'

/**
 * An open Kysely transaction in the shape of a `pg` client, for a library that wants to write in our transaction.
 * Only `query(text, values)` works, which is all that DBOS's `enqueueInTransaction` and `sendInTransaction` use.
 *
 * @example
 * await db.kysely.transaction().execute(async (trx) => {
 *   await trx.updateTable('instances').set({ task_state: 'image_snapshot' }).where('uuid', '=', id).execute()
 *   await client.enqueueInTransaction(pgTransactionClient(trx), options, id)
 * })
 */
export function pgTransactionClient<S>(trx: Transaction<S>): ClientBase {
  const client = {
    async query(text: string, values: readonly unknown[] = []) {
      const result = await trx.executeQuery<Record<string, unknown>>(CompiledQuery.raw(text, [...values]))
      const affected = result.numAffectedRows
      return { rows: result.rows, rowCount: affected === undefined ? result.rows.length : Number(affected) }
    },
  }
  return client as unknown as ClientBase
}
