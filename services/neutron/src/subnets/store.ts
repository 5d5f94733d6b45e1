import { sql, type Insertable, type Kysely, type Selectable, type Transaction, type Updateable } from 'kysely'
import { isForeignKeyViolation } from '@longhaul/oslo/db'
import type { ListQuery } from '../api/list-query.ts'
import { listRows, type Condition } from '../api/list-rows.ts'
import { takeRow, type Change } from '../api/revisions.ts'
import type { NeutronTables, SubnetTable } from '../db/tables.ts'

export type SubnetRow = Selectable<SubnetTable>

/** Subnets in the database. */
export class SubnetStore {
  readonly #db: Kysely<NeutronTables>

  constructor(db: Kysely<NeutronTables>) {
    this.#db = db
  }

  async get(id: string): Promise<SubnetRow | undefined> {
    return await this.#db.selectFrom('subnets').selectAll().where('id', '=', id).executeTakeFirst()
  }

  /** @param projectId whose subnets, besides those of shared networks; undefined for all @returns undefined if the marker is not seen */
  async list(query: ListQuery, projectId: string | undefined): Promise<SubnetRow[] | undefined> {
    const scope: Condition =
      projectId === undefined
        ? sql`1 = 1`
        : sql`(project_id = ${projectId} or network_id in (select id from networks where project_id = ${projectId} or shared = 1))`
    return await listRows(this.#db, 'subnets', query, { scope })
  }

  /** The networks of subnets, as rules look at them. */
  async networks(ids: readonly string[]): Promise<Map<string, { project_id: string; shared: boolean }>> {
    if (ids.length === 0) return new Map()
    const rows = await this.#db
      .selectFrom('networks')
      .select(['id', 'project_id', 'shared'])
      .where('id', 'in', ids)
      .execute()
    return new Map(rows.map((row) => [row.id, { project_id: row.project_id, shared: row.shared === 1 }]))
  }

  /**
   * Adds a subnet to a network, whose other subnets stay as they are meanwhile.
   *
   * @param before what must hold in the same transaction, of the blocks that are there already
   * @returns undefined if there is no such network
   */
  async insert(
    row: Insertable<SubnetTable>,
    change: Change,
    before: (trx: Transaction<NeutronTables>, cidrs: readonly string[]) => Promise<void>,
  ): Promise<SubnetRow | undefined> {
    return await this.#db.transaction().execute(async (trx) => {
      if (!(await takeRow(trx, 'networks', row.network_id, change))) return undefined
      const others = await trx
        .selectFrom('subnets')
        .select('cidr')
        .where('network_id', '=', row.network_id)
        .execute()
      await before(
        trx,
        others.map((other) => other.cidr),
      )
      return await trx.insertInto('subnets').values(row).returningAll().executeTakeFirstOrThrow()
    })
  }

  /** @param values of the new row, from the old one and the addresses that ports have of it @returns undefined if there is none */
  async update(
    id: string,
    change: Change,
    values: (
      subnet: SubnetRow,
      allocated: (address: string) => Promise<boolean>,
    ) => Promise<Updateable<SubnetTable>>,
  ): Promise<SubnetRow | undefined> {
    return await this.#db.transaction().execute(async (trx) => {
      const subnet = await takeRow(trx, 'subnets', id, change)
      if (!subnet) return undefined
      const allocated = async (address: string) => {
        const found = await trx
          .selectFrom('ip_allocations')
          .select('port_id')
          .where('subnet_id', '=', id)
          .where('ip_address', '=', address)
          .executeTakeFirst()
        return found !== undefined
      }
      const set = await values(subnet, allocated)
      if (Object.keys(set).length === 0) return subnet
      return await trx
        .updateTable('subnets')
        .set(set)
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirstOrThrow()
    })
  }

  /** @returns `in use` if ports have addresses of it; undefined if there is none */
  async delete(id: string, change: Change): Promise<'deleted' | 'in use' | undefined> {
    try {
      return await this.#db.transaction().execute(async (trx) => {
        const subnet = await takeRow(trx, 'subnets', id, change)
        if (!subnet) return undefined
        await takeRow(trx, 'networks', subnet.network_id, { time: change.time })
        // The reference from the addresses of ports is what keeps a subnet in use.
        await trx.deleteFrom('subnets').where('id', '=', id).execute()
        return 'deleted'
      })
    } catch (error) {
      if (isForeignKeyViolation(error)) return 'in use'
      throw error
    }
  }
}
