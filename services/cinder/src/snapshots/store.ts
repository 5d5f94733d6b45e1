import type { Insertable, Kysely, Selectable, Transaction, Updateable } from 'kysely'
import type { CinderTables, SnapshotTable } from '../db/tables.ts'
import type { Condition } from '../list-filter.ts'
import type { ListQuery } from '../list-query.ts'
import { afterSql, conditionSql, orderSql } from '../list-sql.ts'
import { snapshotStatuses, type SnapshotStatus } from './states.ts'

export type SnapshotRow = Selectable<SnapshotTable>

/** A snapshot with what the user says of it. */
export interface Snapshot extends SnapshotRow {
  metadata: Record<string, string>
}

type Queries = Kysely<CinderTables> | Transaction<CinderTables>

/** Snapshots in the database. */
export class SnapshotStore {
  readonly db: Kysely<CinderTables>
  readonly #now: () => number

  /** @param now milliseconds since 1970 */
  constructor(db: Kysely<CinderTables>, now: () => number) {
    this.db = db
    this.#now = now
  }

  get time(): string {
    return new Date(this.#now()).toISOString()
  }

  async get(id: string): Promise<Snapshot | undefined> {
    const row = await this.db.selectFrom('snapshots').selectAll().where('id', '=', id).executeTakeFirst()
    return row && (await this.#withMetadata([row]))[0]
  }

  /** The page of a list; `lost` if the marker is no snapshot of those that are looked at. @param projectId of all without */
  async list(query: ListQuery, projectId: string | undefined): Promise<Snapshot[] | 'lost'> {
    const { page, sort, offset, conditions } = query
    if (page.limit === 0) return []
    let select = this.#matching(conditions, projectId)
    if (page.marker !== undefined) {
      const start = await this.#matching([], projectId)
        .selectAll()
        .where('id', '=', page.marker)
        .executeTakeFirst()
      if (!start) return 'lost'
      select = select.where(afterSql(sort, start))
    }
    const rows = await select
      .selectAll()
      .orderBy(orderSql(sort))
      .limit(page.limit)
      .$if(offset > 0, (all) => all.offset(offset))
      .execute()
    return await this.#withMetadata(rows)
  }

  async count(conditions: readonly Condition[], projectId: string | undefined): Promise<number> {
    const { count } = await this.#matching(conditions, projectId)
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    return count
  }

  async insert(
    trx: Transaction<CinderTables>,
    snapshot: Insertable<SnapshotTable>,
    metadata: Readonly<Record<string, string>>,
  ): Promise<void> {
    await trx.insertInto('snapshots').values(snapshot).execute()
    const rows = Object.entries(metadata).map(([key, value]) => ({
      owner_id: snapshot.id,
      kind: 'user' as const,
      key,
      value,
    }))
    if (rows.length > 0) await trx.insertInto('metadata').values(rows).execute()
  }

  /** Changes a snapshot in one statement, if it is in one of the states. @returns whether it was */
  async change(
    id: string,
    changes: Updateable<SnapshotTable>,
    statuses: readonly SnapshotStatus[] = snapshotStatuses,
    db: Queries = this.db,
  ): Promise<boolean> {
    const result = await db
      .updateTable('snapshots')
      .set({ ...changes, updated_at: this.time })
      .where('id', '=', id)
      .where('status', 'in', statuses)
      .executeTakeFirst()
    return result.numUpdatedRows > 0n
  }

  /** Ids of the snapshots in one of the states. @param volumeId only those of one volume */
  async inStatus(statuses: readonly SnapshotStatus[], volumeId?: string): Promise<string[]> {
    const rows = await this.db
      .selectFrom('snapshots')
      .select('id')
      .where('status', 'in', statuses)
      .$if(volumeId !== undefined, (query) => query.where('volume_id', '=', volumeId!))
      .execute()
    return rows.map(({ id }) => id)
  }

  /** Which of the ids are snapshots. */
  async known(ids: readonly string[]): Promise<Set<string>> {
    const rows = await this.db
      .selectFrom('snapshots')
      .select('id')
      .where('id', 'in', [...ids, ''])
      .execute()
    return new Set(rows.map(({ id }) => id))
  }

  /** Whether a volume is being made of the snapshot. */
  async isBeingRead(trx: Queries, id: string): Promise<boolean> {
    const found = await trx
      .selectFrom('volumes')
      .select('id')
      .where('snapshot_id', '=', id)
      .where('status', '=', 'creating')
      .executeTakeFirst()
    return found !== undefined
  }

  /** Forgets a snapshot whose file is gone. */
  async remove(id: string): Promise<void> {
    await this.db.transaction().execute(async (trx) => {
      await trx.deleteFrom('metadata').where('owner_id', '=', id).execute()
      await trx.deleteFrom('snapshots').where('id', '=', id).execute()
    })
  }

  #matching(conditions: readonly Condition[], projectId: string | undefined) {
    let select = this.db.selectFrom('snapshots')
    if (projectId !== undefined) select = select.where('project_id', '=', projectId)
    for (const condition of conditions) select = select.where(conditionSql(condition))
    return select
  }

  async #withMetadata(rows: readonly SnapshotRow[]): Promise<Snapshot[]> {
    if (rows.length === 0) return []
    const ids = rows.map(({ id }) => id)
    const items = await this.db
      .selectFrom('metadata')
      .selectAll()
      .where('owner_id', 'in', ids)
      .where('kind', '=', 'user')
      .orderBy('key')
      .execute()
    const itemsOf = Map.groupBy(items, (item) => item.owner_id)
    return rows.map((row) => ({
      ...row,
      metadata: Object.fromEntries((itemsOf.get(row.id) ?? []).map(({ key, value }) => [key, value])),
    }))
  }
}
