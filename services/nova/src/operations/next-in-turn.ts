import type { Transaction } from 'kysely'
import type { NovaTables } from '../db/tables.ts'
import type { OperationKind } from './running-operation.ts'

/** Takes the operation of a server that has waited longest out of its waiting. A deletion waits behind all others. */
export async function nextInTurn(
  trx: Transaction<NovaTables>,
  serverId: string,
): Promise<{ id: string; kind: OperationKind } | undefined> {
  const next = await trx
    .updateTable('operations')
    .set({ state: 'queued' })
    .where('id', '=', (from) =>
      from
        .selectFrom('operations')
        .select('id')
        .where('server_id', '=', serverId)
        .where('state', '=', 'waiting')
        .orderBy('action_id')
        .limit(1),
    )
    .returning(['id', 'kind'])
    .executeTakeFirst()
  return next && { id: next.id, kind: next.kind as OperationKind }
}
