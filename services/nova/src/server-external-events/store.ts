import { sql, type Kysely, type Transaction } from 'kysely'
import type { NovaTables } from '../db/tables.ts'
import { describePort } from '../operations/ports-of-servers.ts'

/** SQL about the servers that events are about. */
export class ExternalEventStore {
  readonly #db: Kysely<NovaTables>

  constructor(db: Kysely<NovaTables>) {
    this.#db = db
  }

  /** Hosts of the servers that there are. */
  async hosts(serverIds: readonly string[]): Promise<Map<string, string | null>> {
    const rows = await this.#db
      .selectFrom('servers')
      .select(['id', 'host'])
      .where('id', 'in', serverIds)
      .where('deleted_at', 'is', null)
      .execute()
    return new Map(rows.map(({ id, host }) => [id, host]))
  }

  /** The row of a port that a server has, and that nothing takes from it already. */
  async port(serverId: string, portId: string): Promise<{ uuid: string } | undefined> {
    return await this.#db
      .selectFrom('server_ports')
      .select('uuid')
      .where('server_id', '=', serverId)
      .where('port_id', '=', portId)
      .where('reserved_at', 'is', null)
      .where(
        sql<boolean>`not exists (
          select from operations where operations.server_id = server_ports.server_id and finished_at is null
            and (kind = 'delete-server' or (kind = 'detach-interface' and input ->> 'uuid' = server_ports.uuid)))`,
      )
      .executeTakeFirst()
  }

  async hasVolume(serverId: string, volumeId: string): Promise<boolean> {
    const row = await this.#db
      .selectFrom('block_device_mappings')
      .select('uuid')
      .where('server_id', '=', serverId)
      .where('volume_id', '=', volumeId)
      .where('attachment_id', 'is not', null)
      .executeTakeFirst()
    return row !== undefined
  }

  /** Keeps what servers show of a port. @param uuid of the row */
  async describe(uuid: string, facts: Parameters<typeof describePort>[2]): Promise<void> {
    await describePort(this.#db, uuid, facts)
  }

  async transaction<T>(work: (trx: Transaction<NovaTables>) => Promise<T>): Promise<T> {
    return await this.#db.transaction().execute(work)
  }
}
