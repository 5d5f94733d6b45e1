import { sql, type Insertable, type Kysely, type Selectable, type Transaction, type Updateable } from 'kysely'
import { isForeignKeyViolation } from '@longhaul/oslo/db'
import type { ListQuery } from '../api/list-query.ts'
import { listRows, type Condition } from '../api/list-rows.ts'
import { takeRow, type Change } from '../api/revisions.ts'
import type { NetworkTable, NeutronTables } from '../db/tables.ts'

export type NetworkRow = Selectable<NetworkTable>

/** Networks in the database. */
export class NetworkStore {
  readonly #db: Kysely<NeutronTables>

  constructor(db: Kysely<NeutronTables>) {
    this.#db = db
  }

  async get(id: string): Promise<NetworkRow | undefined> {
    return await this.#db.selectFrom('networks').selectAll().where('id', '=', id).executeTakeFirst()
  }

  /** @param projectId whose networks, besides the shared ones; undefined for all @returns undefined if the marker is not seen */
  async list(query: ListQuery, projectId: string | undefined): Promise<NetworkRow[] | undefined> {
    const scope: Condition =
      projectId === undefined ? sql`1 = 1` : sql`(project_id = ${projectId} or shared = 1)`
    return await listRows(this.#db, 'networks', query, { scope })
  }

  /** Ids of the subnets by network. */
  async subnets(ids: readonly string[]): Promise<Map<string, string[]>> {
    const found = new Map<string, string[]>(ids.map((id) => [id, []]))
    if (ids.length === 0) return found
    const rows = await this.#db
      .selectFrom('subnets')
      .select(['id', 'network_id'])
      .where('network_id', 'in', ids)
      .orderBy('created_at')
      .orderBy('id')
      .execute()
    for (const row of rows) found.get(row.network_id)?.push(row.id)
    return found
  }

  /** @param before what must hold in the same transaction */
  async insert(
    row: Insertable<NetworkTable>,
    before: (trx: Transaction<NeutronTables>) => Promise<void>,
  ): Promise<NetworkRow> {
    return await this.#db.transaction().execute(async (trx) => {
      await before(trx)
      return await trx.insertInto('networks').values(row).returningAll().executeTakeFirstOrThrow()
    })
  }

  /** @param before may refuse, with the number of ports that others have in the network @returns undefined if there is none */
  async update(
    id: string,
    change: Change,
    values: Updateable<NetworkTable>,
    before: (network: NetworkRow, foreignPorts: number) => void,
  ): Promise<NetworkRow | undefined> {
    return await this.#db.transaction().execute(async (trx) => {
      const network = await takeRow(trx, 'networks', id, change)
      if (!network) return undefined
      const { count } = await trx
        .selectFrom('ports')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('network_id', '=', id)
        .where('project_id', '!=', network.project_id)
        .executeTakeFirstOrThrow()
      before(network, count)
      if (Object.keys(values).length === 0) return network
      return await trx
        .updateTable('networks')
        .set(values)
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirstOrThrow()
    })
  }

  /**
   * Deletes a network and its subnets.
   *
   * @returns ids of the ports that do not let it; undefined if there is no such network
   */
  async delete(id: string, change: Change): Promise<readonly string[] | undefined> {
    try {
      return await this.#db.transaction().execute(async (trx) => {
        if (!(await takeRow(trx, 'networks', id, change))) return undefined
        const ports = await trx.selectFrom('ports').select('id').where('network_id', '=', id).execute()
        if (ports.length > 0) return ports.map((port) => port.id)
        await trx.deleteFrom('networks').where('id', '=', id).execute()
        return []
      })
    } catch (error) {
      // A port came into being meanwhile.
      if (isForeignKeyViolation(error)) return ['']
      throw error
    }
  }
}
