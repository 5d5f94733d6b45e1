import type { Kysely, Selectable, Transaction } from 'kysely'
import type { BlockDeviceMappingsTable, NovaTables } from '../db/tables.ts'
import { freeDeviceName } from '../device-name.ts'

export type MappingRow = Selectable<BlockDeviceMappingsTable>

export type NewMapping = Pick<
  MappingRow,
  'uuid' | 'server_id' | 'volume_id' | 'tag' | 'delete_on_termination'
>

/** SQL about the volumes of servers. */
export class VolumeAttachmentStore {
  readonly #db: Kysely<NovaTables>

  constructor(db: Kysely<NovaTables>) {
    this.#db = db
  }

  /** Without those that are only reserved. */
  async list(serverId: string, page: { limit: number; offset: number }): Promise<MappingRow[]> {
    return await this.#db
      .selectFrom('block_device_mappings')
      .selectAll()
      .where('server_id', '=', serverId)
      .where('attachment_id', 'is not', null)
      .orderBy('id')
      .limit(page.limit)
      .offset(page.offset)
      .execute()
  }

  /** One that is not only reserved. */
  async find(serverId: string, volumeId: string): Promise<MappingRow | undefined> {
    return await this.#db
      .selectFrom('block_device_mappings')
      .selectAll()
      .where('server_id', '=', serverId)
      .where('volume_id', '=', volumeId)
      .where('attachment_id', 'is not', null)
      .executeTakeFirst()
  }

  async byUuid(uuid: string): Promise<MappingRow | undefined> {
    return await this.#db
      .selectFrom('block_device_mappings')
      .selectAll()
      .where('uuid', '=', uuid)
      .executeTakeFirst()
  }

  async setDeleteOnTermination(uuid: string, value: boolean, now: Date): Promise<void> {
    await this.#db
      .updateTable('block_device_mappings')
      .set({ delete_on_termination: value, updated_at: now })
      .where('uuid', '=', uuid)
      .execute()
  }

  /** Reserves a volume for a server, with a device name of its own. @returns undefined if the server has it already */
  async reserve(mapping: NewMapping, now: Date): Promise<MappingRow | undefined> {
    return await this.#db.transaction().execute(async (trx) => {
      // One at a time, so that no two get the same name.
      await trx
        .selectFrom('servers')
        .select('id')
        .where('id', '=', mapping.server_id)
        .forUpdate()
        .executeTakeFirst()
      const others = await trx
        .selectFrom('block_device_mappings')
        .select('device_name')
        .where('server_id', '=', mapping.server_id)
        .execute()
      const device_name = freeDeviceName(new Set(others.map((row) => row.device_name)))
      const times = { reserved_at: now, created_at: now, updated_at: now }
      return await trx
        .insertInto('block_device_mappings')
        .values({ ...mapping, device_name, attachment_id: null, ...times })
        .onConflict((conflict) => conflict.columns(['server_id', 'volume_id']).doNothing())
        .returningAll()
        .executeTakeFirst()
    })
  }

  /** Reserves a volume for being detached. @returns whether nobody else has */
  async reserveDetaching(uuid: string, now: Date): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('block_device_mappings')
      .set({ reserved_at: now })
      .where('uuid', '=', uuid)
      .where('reserved_at', 'is', null)
      .executeTakeFirst()
    return numUpdatedRows > 0n
  }

  /** Gives up a volume that was to be attached. */
  async giveUp(uuid: string): Promise<void> {
    await this.#db
      .deleteFrom('block_device_mappings')
      .where('uuid', '=', uuid)
      .where('attachment_id', 'is', null)
      .execute()
  }

  /** Gives up that a volume is detached. */
  async giveUpDetaching(uuid: string): Promise<void> {
    await this.#db
      .updateTable('block_device_mappings')
      .set({ reserved_at: null })
      .where('uuid', '=', uuid)
      .execute()
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
  attachmentId: string,
  now: Date,
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('block_device_mappings')
    .set({ attachment_id: attachmentId, reserved_at: null, updated_at: now })
    .where('uuid', '=', uuid)
    .where('reserved_at', 'is not', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}
