import type { Insertable, Kysely, Selectable, Transaction, Updateable } from 'kysely'
import type { AttachmentTable, CinderTables, VolumeTable } from '../db/tables.ts'
import type { ListQuery } from '../list-query.ts'
import { afterSql, conditionSql, orderSql } from '../list-sql.ts'
import { statusesOf } from './statuses.ts'

export type Attachment = Selectable<AttachmentTable>
export type VolumeRow = Selectable<VolumeTable>

/** A volume during a transaction, with its attachments. */
export interface LockedVolume extends VolumeRow {
  attachments: Attachment[]
}

type Queries = Kysely<CinderTables> | Transaction<CinderTables>

/** Attachments in the database, and what they make of their volumes' states. */
export class AttachmentStore {
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

  async get(id: string, db: Queries = this.db): Promise<Attachment | undefined> {
    return await db.selectFrom('volume_attachment').selectAll().where('id', '=', id).executeTakeFirst()
  }

  async ofVolume(volumeId: string, db: Queries = this.db): Promise<Attachment[]> {
    return await db
      .selectFrom('volume_attachment')
      .selectAll()
      .where('volume_id', '=', volumeId)
      .orderBy('created_at')
      .orderBy('id')
      .execute()
  }

  /** Those that have their volume open. */
  async connected(): Promise<Pick<Attachment, 'id' | 'volume_id' | 'attach_mode'>[]> {
    return await this.db
      .selectFrom('volume_attachment')
      .select(['id', 'volume_id', 'attach_mode'])
      .where('connection_info', 'is not', null)
      .execute()
  }

  /** The page of a list; `lost` if the marker is no attachment of those that are looked at. */
  async list(query: ListQuery, projectId: string | undefined): Promise<Attachment[] | 'lost'> {
    const { page, sort, offset, conditions } = query
    if (page.limit === 0) return []
    let select = this.db.selectFrom('volume_attachment')
    if (projectId !== undefined) select = select.where('project_id', '=', projectId)
    const all = select
    for (const condition of conditions) select = select.where(conditionSql(condition))
    if (page.marker !== undefined) {
      const start = await all.selectAll().where('id', '=', page.marker).executeTakeFirst()
      if (!start) return 'lost'
      select = select.where(afterSql(sort, start))
    }
    return await select
      .selectAll()
      .orderBy(orderSql(sort))
      .limit(page.limit)
      .$if(offset > 0, (some) => some.offset(offset))
      .execute()
  }

  /** Works on a volume and its attachments while nobody else does. @param work is told undefined if the volume is gone */
  async locked<T>(
    volumeId: string,
    work: (volume: LockedVolume | undefined, trx: Transaction<CinderTables>) => Promise<T>,
  ): Promise<T> {
    return await this.db.transaction().execute(async (trx) => {
      const volume = await trx
        .updateTable('volumes')
        .set((eb) => ({ status: eb.ref('status') }))
        .where('id', '=', volumeId)
        .returningAll()
        .executeTakeFirst()
      return await work(volume && { ...volume, attachments: await this.ofVolume(volumeId, trx) }, trx)
    })
  }

  async insert(trx: Transaction<CinderTables>, attachment: Insertable<AttachmentTable>): Promise<void> {
    await trx.insertInto('volume_attachment').values(attachment).execute()
  }

  async update(trx: Queries, id: string, changes: Updateable<AttachmentTable>): Promise<void> {
    await trx.updateTable('volume_attachment').set(changes).where('id', '=', id).execute()
  }

  async setVolume(trx: Queries, id: string, changes: Updateable<VolumeTable>): Promise<void> {
    await trx
      .updateTable('volumes')
      .set({ ...changes, updated_at: this.time })
      .where('id', '=', id)
      .execute()
  }

  /**
   * Ends an attachment; the volume is then what its other attachments make of it. What is being extended goes on being
   * extended.
   *
   * @returns those that are left
   */
  async remove(id: string, volumeId: string): Promise<Attachment[]> {
    return await this.locked(volumeId, async (volume, trx) => {
      await trx.deleteFrom('volume_attachment').where('id', '=', id).execute()
      const left = (volume?.attachments ?? []).filter((attachment) => attachment.id !== id)
      const { status, attach_status } = statusesOf(left)
      const changes =
        volume?.status === 'extending'
          ? { previous_status: status, attach_status }
          : { status, attach_status }
      await this.setVolume(trx, volumeId, changes)
      return left
    })
  }
}
