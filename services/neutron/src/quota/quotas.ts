import { sql, type Kysely, type Transaction } from 'kysely'
import {
  assertRoom,
  conflict,
  OverQuota,
  unlimited,
  type QuotaRoom,
  type QuotaRooms,
  type Quotas as QuotaInterface,
} from '@longhaul/oslo/api'
import type { NeutronTables } from '../db/tables.ts'

export const quotaResources = ['network', 'subnet', 'port'] as const
export type QuotaResource = (typeof quotaResources)[number]
export type Limits = Record<QuotaResource, number>

const tables = { network: 'networks', subnet: 'subnets', port: 'ports' } as const

/** How many networks, subnets and ports a project may have, and has. */
export class Quotas implements QuotaInterface<QuotaResource, Transaction<NeutronTables>> {
  readonly #db: Kysely<NeutronTables>
  readonly #defaults: () => Limits

  /** @param defaults for projects without limits of their own; read at each use */
  constructor(db: Kysely<NeutronTables>, defaults: () => Limits) {
    this.#db = db
    this.#defaults = defaults
  }

  get defaults(): Limits {
    return this.#defaults()
  }

  async rooms(projectId: string): Promise<QuotaRooms<QuotaResource>> {
    return await this.#rooms(this.#db, projectId)
  }

  async hold(trx: Transaction<NeutronTables>, projectId: string): Promise<QuotaRooms<QuotaResource>> {
    await trx
      .insertInto('quota_locks')
      .values({ project_id: projectId })
      .onConflict((found) => found.column('project_id').doUpdateSet({ project_id: projectId }))
      .execute()
    return await this.#rooms(trx, projectId)
  }

  /** Lets one more be made in this transaction. @throws ApiError 409 `OverQuota` */
  async assertRoomFor(
    trx: Transaction<NeutronTables>,
    projectId: string,
    resource: QuotaResource,
  ): Promise<void> {
    try {
      assertRoom(await this.hold(trx, projectId), { [resource]: 1 })
    } catch (error) {
      if (!(error instanceof OverQuota)) throw error
      throw conflict(`Quota exceeded for resources: ['${resource}'].`, { code: 'OverQuota', cause: error })
    }
  }

  async limits(projectId: string): Promise<Limits> {
    return await this.#limits(this.#db, projectId)
  }

  /** Limits of the projects that have some of their own. */
  async all(): Promise<(Limits & { project_id: string })[]> {
    const rows = await this.#db.selectFrom('quotas').selectAll().orderBy('project_id').execute()
    const projects = [...new Set(rows.map((row) => row.project_id))]
    return projects.map((projectId) => ({
      ...this.defaults,
      ...Object.fromEntries(
        rows.filter((row) => row.project_id === projectId).map((row) => [row.resource, row.hard_limit]),
      ),
      project_id: projectId,
    }))
  }

  async set(projectId: string, limits: Partial<Limits>): Promise<void> {
    const rows = Object.entries(limits).map(([resource, limit]) => ({
      project_id: projectId,
      resource,
      hard_limit: Math.max(limit, unlimited),
    }))
    if (rows.length === 0) return
    await this.#db
      .insertInto('quotas')
      .values(rows)
      .onConflict((found) =>
        found
          .columns(['project_id', 'resource'])
          .doUpdateSet((row) => ({ hard_limit: row.ref('excluded.hard_limit') })),
      )
      .execute()
  }

  /** @returns whether the project had limits of its own */
  async reset(projectId: string): Promise<boolean> {
    const result = await this.#db.deleteFrom('quotas').where('project_id', '=', projectId).executeTakeFirst()
    return result.numDeletedRows > 0n
  }

  async #limits(db: Kysely<NeutronTables>, projectId: string): Promise<Limits> {
    const rows = await db.selectFrom('quotas').selectAll().where('project_id', '=', projectId).execute()
    return {
      ...this.defaults,
      ...Object.fromEntries(rows.map((row) => [row.resource, row.hard_limit])),
    }
  }

  async #rooms(db: Kysely<NeutronTables>, projectId: string): Promise<QuotaRooms<QuotaResource>> {
    const limits = await this.#limits(db, projectId)
    const rooms: [QuotaResource, QuotaRoom][] = []
    for (const resource of quotaResources) {
      const { rows } = await sql<{
        used: number
      }>`select count(*) as used from ${sql.table(tables[resource])} where project_id = ${projectId}`.execute(
        db,
      )
      rooms.push([resource, { limit: limits[resource], used: rows[0]?.used ?? 0 }])
    }
    return Object.fromEntries(rooms) as QuotaRooms<QuotaResource>
  }
}
