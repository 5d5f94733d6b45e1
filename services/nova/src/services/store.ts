import type { Kysely, Selectable, Updateable } from 'kysely'
import type { NovaTables, ServicesTable } from '../db/tables.ts'

export type Service = Selectable<ServicesTable>
export type ServiceChanges = Pick<Updateable<ServicesTable>, 'disabled' | 'disabled_reason' | 'forced_down'>

/** What identifies a process of nova. */
export interface ServiceName {
  host: string
  binary: 'nova-compute' | 'nova-conductor'
}

/** SQL about nova's processes. */
export class ServiceStore {
  readonly #db: Kysely<NovaTables>

  constructor(db: Kysely<NovaTables>) {
    this.#db = db
  }

  /** Notes that a process lives. @param uuid of the row if it is new */
  async report({ host, binary }: ServiceName, now: Date, uuid: string): Promise<void> {
    const updated = await this.#db
      .updateTable('services')
      .set({ reported_at: now })
      .where('host', '=', host)
      .where('binary', '=', binary)
      .executeTakeFirst()
    if (updated.numUpdatedRows > 0n) return
    await this.#db
      .insertInto('services')
      .values({ uuid, host, binary, disabled_reason: null, created_at: now, reported_at: now })
      .onConflict((conflict) => conflict.columns(['host', 'binary']).doUpdateSet({ reported_at: now }))
      .execute()
  }

  /** In the order in which they were first seen. */
  async list(filter: { host?: string | undefined; binary?: string | undefined }): Promise<Service[]> {
    const { host, binary } = filter
    return await this.#db
      .selectFrom('services')
      .selectAll()
      .$if(Boolean(host), (query) => query.where('host', '=', host!))
      .$if(Boolean(binary), (query) => query.where('binary', '=', binary!))
      .orderBy('id')
      .execute()
  }

  /** Hosts whose process has reported since then and is not said to be down. */
  async alive(binary: ServiceName['binary'], since: Date): Promise<string[]> {
    const rows = await this.#db
      .selectFrom('services')
      .select('host')
      .where('binary', '=', binary)
      .where('forced_down', '=', false)
      .where('reported_at', '>=', since)
      .execute()
    return rows.map(({ host }) => host)
  }

  async find(key: { id: number } | { uuid: string }): Promise<Service | undefined> {
    const query = this.#db.selectFrom('services').selectAll()
    const found = 'uuid' in key ? query.where('uuid', '=', key.uuid) : query.where('id', '=', key.id)
    return await found.executeTakeFirst()
  }

  /** @returns undefined if there is no such service */
  async update(key: ServiceName | { uuid: string }, changes: ServiceChanges): Promise<Service | undefined> {
    const query = this.#db.updateTable('services').set(changes).returningAll()
    const found =
      'uuid' in key
        ? query.where('uuid', '=', key.uuid)
        : query.where('host', '=', key.host).where('binary', '=', key.binary)
    return await found.executeTakeFirst()
  }

  /** Forgets a process, and with a nova-compute its host. @returns false if servers are on the host */
  async delete({ id, host, binary }: Service): Promise<boolean> {
    return await this.#db.transaction().execute(async (trx) => {
      if (binary === 'nova-compute') {
        // A server is claimed for a host with the host's row locked.
        await trx.selectFrom('hosts').select('host').where('host', '=', host).forUpdate().execute()
        const server = await trx
          .selectFrom('servers')
          .select('id')
          .where('host', '=', host)
          .where('deleted_at', 'is', null)
          .executeTakeFirst()
        if (server) return false
        await trx.deleteFrom('hosts').where('host', '=', host).execute()
      }
      await trx.deleteFrom('services').where('id', '=', id).execute()
      return true
    })
  }
}
