import type { Kysely, Selectable } from 'kysely'
import type { MigrationsTable, NovaTables } from '../db/tables.ts'
import type { MigrationStatus } from '../migration-status.ts'

export type MigrationRow = Selectable<MigrationsTable>

export interface MigrationFilter {
  /** Source or destination. */
  host?: string | undefined
  source_compute?: string | undefined
  server_id?: string | undefined
  status?: string | undefined
  user_id?: string | undefined
  project_id?: string | undefined
  changedSince?: Date | undefined
  changedBefore?: Date | undefined
}

/** SQL about migrations for the API. */
export class MigrationStore {
  readonly #db: Kysely<NovaTables>

  constructor(db: Kysely<NovaTables>) {
    this.#db = db
  }

  /** Newest first. @param page.before number of the last one of the page before */
  async list(
    filter: MigrationFilter,
    page: { limit?: number | undefined; before?: number | undefined } = {},
  ): Promise<MigrationRow[]> {
    const { host, changedSince, changedBefore, ...equal } = filter
    let query = this.#db.selectFrom('migrations').selectAll()
    for (const [column, value] of Object.entries(equal)) {
      if (value !== undefined) query = query.where(column as keyof typeof equal, '=', value)
    }
    return await query
      .$if(host !== undefined, (some) =>
        some.where((is) => is.or([is('source_compute', '=', host!), is('dest_compute', '=', host!)])),
      )
      .$if(changedSince !== undefined, (some) => some.where('updated_at', '>=', changedSince!))
      .$if(changedBefore !== undefined, (some) => some.where('updated_at', '<=', changedBefore!))
      .$if(page.before !== undefined, (some) => some.where('id', '<', page.before!))
      .orderBy('id', 'desc')
      .$if(page.limit !== undefined, (some) => some.limit(page.limit!))
      .execute()
  }

  async byUuid(uuid: string): Promise<MigrationRow | undefined> {
    return await this.#db.selectFrom('migrations').selectAll().where('uuid', '=', uuid).executeTakeFirst()
  }

  async ofServer(serverId: string, statuses: readonly MigrationStatus[]): Promise<MigrationRow[]> {
    return await this.#db
      .selectFrom('migrations')
      .selectAll()
      .where('server_id', '=', serverId)
      .where('status', 'in', statuses)
      .orderBy('id')
      .execute()
  }

  async find(serverId: string, id: number): Promise<MigrationRow | undefined> {
    return await this.#db
      .selectFrom('migrations')
      .selectAll()
      .where('server_id', '=', serverId)
      .where('id', '=', id)
      .executeTakeFirst()
  }

  /** Asks for the end of one that is moved. @returns whether it still was */
  async forceComplete(id: number, now: Date): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('migrations')
      .set({ force_complete: true, updated_at: now })
      .where('id', '=', id)
      .where('status', '=', 'running')
      .executeTakeFirst()
    return numUpdatedRows > 0n
  }

  /** Asks its operation to give it up, unless something else is wanted of it. */
  async abort(operationId: string): Promise<void> {
    await this.#db
      .updateTable('operations')
      .set({ request: 'abort' })
      .where('id', '=', operationId)
      .where('request', 'is', null)
      .where('finished_at', 'is', null)
      .execute()
  }
}
