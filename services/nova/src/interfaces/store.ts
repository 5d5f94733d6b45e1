import type { Kysely, Selectable, Transaction } from 'kysely'
import type { NovaTables, ServerPortsTable } from '../db/tables.ts'

export type PortRow = Selectable<ServerPortsTable>
type NewPortRow = Pick<PortRow, 'uuid' | 'server_id' | 'port_id' | 'network_id' | 'tag' | 'created_by_nova'>

/** SQL about the ports of servers. */
export class InterfaceStore {
  readonly #db: Kysely<NovaTables>

  constructor(db: Kysely<NovaTables>) {
    this.#db = db
  }

  /** Without those that are only reserved. */
  async list(serverId: string): Promise<PortRow[]> {
    return await this.#db
      .selectFrom('server_ports')
      .selectAll()
      .where('server_id', '=', serverId)
      .where('reserved_at', 'is', null)
      .orderBy('id')
      .execute()
  }

  /** One that is not only reserved. */
  async find(serverId: string, portId: string): Promise<PortRow | undefined> {
    return await this.#db
      .selectFrom('server_ports')
      .selectAll()
      .where('server_id', '=', serverId)
      .where('port_id', '=', portId)
      .where('reserved_at', 'is', null)
      .executeTakeFirst()
  }

  /** Reserves a port for a server. @returns undefined if a server has it already */
  async reserve(row: NewPortRow, now: Date): Promise<PortRow | undefined> {
    return await this.#db
      .insertInto('server_ports')
      .values({ ...row, reserved_at: now, created_at: now, updated_at: now })
      .onConflict((conflict) => conflict.column('port_id').doNothing())
      .returningAll()
      .executeTakeFirst()
  }

  /** Gives up a port that was to be attached. @returns whether no operation has it */
  async giveUp(uuid: string): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('server_ports')
      .where('uuid', '=', uuid)
      .where('reserved_at', 'is not', null)
      .executeTakeFirst()
    return numDeletedRows > 0n
  }

  async byUuid(uuid: string): Promise<PortRow | undefined> {
    return await this.#db.selectFrom('server_ports').selectAll().where('uuid', '=', uuid).executeTakeFirst()
  }

  async transaction<T>(work: (trx: Transaction<NovaTables>) => Promise<T>): Promise<T> {
    return await this.#db.transaction().execute(work)
  }
}

/**
 * Turns a reservation into the business of an operation, in the transaction that begins it.
 *
 * @returns whether there still is the reservation: a conductor may have given it up
 */
export async function takeReservation(
  trx: Transaction<NovaTables>,
  uuid: string,
  portId: string,
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('server_ports')
    .set({ port_id: portId, reserved_at: null })
    .where('uuid', '=', uuid)
    .where('reserved_at', 'is not', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}
