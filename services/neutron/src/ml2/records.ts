import type { Kysely, Transaction } from 'kysely'
import type { NeutronTables } from '../db/tables.ts'
import { bindingOf, rowOf, type Binding } from './binding.ts'

type Queries = Kysely<NeutronTables> | Transaction<NeutronTables>

/** SQL about bindings. Its functions run in a transaction or outside of one. */
export const bindingRecords = {
  /** Bindings of ports, the active one of each first. */
  async of(db: Queries, portIds: readonly string[]): Promise<Binding[]> {
    if (portIds.length === 0) return []
    const rows = await db
      .selectFrom('port_bindings')
      .selectAll()
      .where('port_id', 'in', portIds)
      .orderBy('status')
      .orderBy('host')
      .execute()
    return rows.map(bindingOf)
  },

  async insert(db: Queries, binding: Binding): Promise<void> {
    await db.insertInto('port_bindings').values(rowOf(binding)).execute()
  },

  /** @param host where it is at present */
  async replace(db: Queries, host: string, binding: Binding): Promise<void> {
    await db
      .updateTable('port_bindings')
      .set(rowOf(binding))
      .where('port_id', '=', binding.port_id)
      .where('host', '=', host)
      .execute()
  },

  /** @returns whether there was one */
  async delete(db: Queries, portId: string, host: string): Promise<boolean> {
    const result = await db
      .deleteFrom('port_bindings')
      .where('port_id', '=', portId)
      .where('host', '=', host)
      .executeTakeFirst()
    return result.numDeletedRows > 0n
  },
}

/** What a port's status was, and is. */
export interface StatusChange {
  before: string
  after: string
}

/**
 * Makes the status of a port what its active binding says: ACTIVE while a guest is plugged in where it is bound, DOWN
 * otherwise.
 */
export async function refreshStatus(trx: Queries, portId: string): Promise<StatusChange> {
  const port = await trx
    .selectFrom('ports')
    .select(['status', 'admin_state_up'])
    .where('id', '=', portId)
    .executeTakeFirstOrThrow()
  const [active] = await bindingRecords.of(trx, [portId])
  const isUp = active?.status === 'ACTIVE' && active.plugged && port.admin_state_up === 1
  const after = isUp ? 'ACTIVE' : 'DOWN'
  if (after !== port.status) {
    await trx.updateTable('ports').set({ status: after }).where('id', '=', portId).execute()
  }
  return { before: port.status, after }
}
