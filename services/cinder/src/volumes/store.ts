import { sql, type Insertable, type Kysely, type Selectable, type Transaction, type Updateable } from 'kysely'
import type { AttachmentTable, CinderTables, VolumeTable } from '../db/tables.ts'
import type { Condition } from '../list-filter.ts'
import type { ListQuery } from '../list-query.ts'
import { afterSql, conditionSql, orderSql } from '../list-sql.ts'
import { volumeStatuses, type VolumeStatus } from '../volume-states.ts'

export type VolumeRow = Selectable<VolumeTable>

/** A volume with what other tables say of it. */
export interface Volume extends VolumeRow {
  metadata: Record<string, string>
  imageMetadata: Record<string, string>
  attachments: Selectable<AttachmentTable>[]
  typeName: string
}

type Queries = Kysely<CinderTables> | Transaction<CinderTables>

/** Volumes in the database. Knows no rules but those that need to be one statement. */
export class VolumeStore {
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

  async get(id: string): Promise<Volume | undefined> {
    const row = await this.db.selectFrom('volumes').selectAll().where('id', '=', id).executeTakeFirst()
    return row && (await this.#withParts([row]))[0]
  }

  /** The page of a list; `lost` if the marker is no volume of those that are looked at. @param projectId of all without */
  async list(query: ListQuery, projectId: string | undefined): Promise<Volume[] | 'lost'> {
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
    return await this.#withParts(rows)
  }

  async count(conditions: readonly Condition[], projectId: string | undefined): Promise<number> {
    const { count } = await this.#matching(conditions, projectId)
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    return count
  }

  /** How many volumes there are, of how many GiB together. */
  async summary(
    conditions: readonly Condition[],
    projectId: string | undefined,
  ): Promise<{ count: number; size: number; metadata: Record<string, string[]> }> {
    const rows = await this.#matching(conditions, projectId).select(['id', 'size']).execute()
    const ids = rows.map(({ id }) => id)
    const metadata: Record<string, string[]> = {}
    for (const { key, value } of await metadataOf(this.db, ids)) {
      const values = (metadata[key] ??= [])
      if (!values.includes(value)) values.push(value)
    }
    return { count: rows.length, size: rows.reduce((sum, { size }) => sum + size, 0), metadata }
  }

  async insert(
    trx: Transaction<CinderTables>,
    volume: Insertable<VolumeTable>,
    metadata: Readonly<Record<string, string>>,
  ): Promise<void> {
    await trx.insertInto('volumes').values(volume).execute()
    const rows = Object.entries(metadata).map(([key, value]) => ({
      owner_id: volume.id,
      kind: 'user' as const,
      key,
      value,
    }))
    if (rows.length > 0) await trx.insertInto('metadata').values(rows).execute()
  }

  /**
   * Changes a volume in one statement, if it is in one of the states.
   *
   * @returns whether it was
   */
  async change(
    id: string,
    changes: Updateable<VolumeTable>,
    where: { statuses?: readonly VolumeStatus[]; attached?: boolean } = {},
    db: Queries = this.db,
  ): Promise<boolean> {
    const { statuses, attached } = where
    const result = await db
      .updateTable('volumes')
      .set({ ...changes, updated_at: this.time })
      .where('id', '=', id)
      .where('status', 'in', statuses ?? volumeStatuses)
      .$if(attached !== undefined, (update) =>
        update.where('attach_status', attached ? '=' : '!=', 'attached'),
      )
      .executeTakeFirst()
    return result.numUpdatedRows > 0n
  }

  /** Ends an extension: the volume has its new size, and is what it was, or what its attachments have made of it since. */
  async finishExtension(id: string): Promise<void> {
    await this.db
      .updateTable('volumes')
      .set((eb) => ({
        size: eb.fn.coalesce('new_size', 'size'),
        status: eb.fn.coalesce('previous_status', eb.val('available')),
        new_size: null,
        previous_status: null,
        updated_at: this.time,
      }))
      .where('id', '=', id)
      .where('status', '=', 'extending')
      .execute()
  }

  /** Ids of the volumes in one of the states. */
  async inStatus(statuses: readonly VolumeStatus[]): Promise<string[]> {
    const rows = await this.db.selectFrom('volumes').select('id').where('status', 'in', statuses).execute()
    return rows.map(({ id }) => id)
  }

  /** Which of the ids are volumes. */
  async known(ids: readonly string[]): Promise<Set<string>> {
    const rows = await this.db
      .selectFrom('volumes')
      .select('id')
      .where('id', 'in', [...ids, ''])
      .execute()
    return new Set(rows.map(({ id }) => id))
  }

  /** Whether there are snapshots of a volume; with statuses, any in another one. */
  async hasSnapshots(trx: Queries, id: string, but: readonly string[] = []): Promise<boolean> {
    const found = await trx
      .selectFrom('snapshots')
      .select('id')
      .where('volume_id', '=', id)
      .$if(but.length > 0, (query) => query.where('status', 'not in', but))
      .executeTakeFirst()
    return found !== undefined
  }

  /** Whether a volume is being made of this one, or of one of its snapshots. */
  async hasClones(trx: Queries, id: string): Promise<boolean> {
    const found = await trx
      .selectFrom('volumes')
      .select('id')
      .where('status', '=', 'creating')
      .where((eb) =>
        eb.or([
          eb('source_volid', '=', id),
          eb('snapshot_id', 'in', eb.selectFrom('snapshots').select('id').where('volume_id', '=', id)),
        ]),
      )
      .executeTakeFirst()
    return found !== undefined
  }

  /** The snapshots of a volume are to be deleted, too. */
  async deleteSnapshots(trx: Transaction<CinderTables>, id: string): Promise<void> {
    await trx
      .updateTable('snapshots')
      .set({ status: 'deleting', updated_at: this.time })
      .where('volume_id', '=', id)
      .execute()
  }

  /** Forgets a volume whose file is gone. */
  async remove(id: string): Promise<void> {
    await this.db.transaction().execute(async (trx) => {
      await trx.deleteFrom('volume_attachment').where('volume_id', '=', id).execute()
      await trx.deleteFrom('metadata').where('owner_id', '=', id).execute()
      await trx.deleteFrom('volumes').where('id', '=', id).execute()
    })
  }

  /** Replaces what the user says of a volume. */
  async setMetadata(id: string, metadata: Readonly<Record<string, string>>): Promise<void> {
    await this.#replaceMetadata(id, 'user', metadata)
  }

  /** Replaces what an image said of itself. */
  async setImageMetadata(id: string, metadata: Readonly<Record<string, string>>): Promise<void> {
    await this.#replaceMetadata(id, 'image', metadata)
  }

  async #replaceMetadata(
    id: string,
    kind: 'user' | 'image',
    metadata: Readonly<Record<string, string>>,
  ): Promise<void> {
    const rows = Object.entries(metadata).map(([key, value]) => ({ owner_id: id, kind, key, value }))
    await this.db.transaction().execute(async (trx) => {
      await trx.deleteFrom('metadata').where('owner_id', '=', id).where('kind', '=', kind).execute()
      if (rows.length > 0) await trx.insertInto('metadata').values(rows).execute()
    })
  }

  #matching(conditions: readonly Condition[], projectId: string | undefined) {
    let select = this.db.selectFrom('volumes')
    if (projectId !== undefined) select = select.where('project_id', '=', projectId)
    for (const condition of conditions) select = select.where(conditionSql(condition))
    return select
  }

  async #withParts(rows: readonly VolumeRow[]): Promise<Volume[]> {
    if (rows.length === 0) return []
    const ids = rows.map(({ id }) => id)
    const metadata = Map.groupBy(await metadataOf(this.db, ids, ['user', 'image']), (one) => one.owner_id)
    const attachments = await this.db
      .selectFrom('volume_attachment')
      .selectAll()
      .where('volume_id', 'in', ids)
      .orderBy('created_at')
      .orderBy('id')
      .execute()
    const attachmentsOf = Map.groupBy(attachments, (one) => one.volume_id)
    const types = await this.db
      .selectFrom('volume_types')
      .select(['id', 'name'])
      .where('id', 'in', [...new Set(rows.map((row) => row.volume_type_id))])
      .execute()
    const names = new Map(types.map(({ id, name }) => [id, name]))
    return rows.map((row) => {
      const items = metadata.get(row.id) ?? []
      const ofKind = (kind: string) =>
        Object.fromEntries(items.filter((item) => item.kind === kind).map(({ key, value }) => [key, value]))
      return {
        ...row,
        metadata: ofKind('user'),
        imageMetadata: ofKind('image'),
        attachments: attachmentsOf.get(row.id) ?? [],
        typeName: names.get(row.volume_type_id) ?? '',
      }
    })
  }
}

/** Ids of an `in` list are limited by the number of parameters that a statement may have. */
const idsInStatement = 500

async function metadataOf(db: Queries, ids: readonly string[], kinds: ('user' | 'image')[] = ['user']) {
  const found = []
  for (let start = 0; start < ids.length; start += idsInStatement) {
    found.push(
      ...(await db
        .selectFrom('metadata')
        .selectAll()
        .where('owner_id', 'in', ids.slice(start, start + idsInStatement))
        .where('kind', 'in', kinds)
        .orderBy('key')
        .orderBy('value')
        .execute()),
    )
  }
  return found
}

/** Locks a volume's row until the end of the transaction; who waits for it sees what has changed. */
export async function lockVolume(trx: Transaction<CinderTables>, id: string): Promise<VolumeRow | undefined> {
  return await trx
    .updateTable('volumes')
    .set({ status: sql.ref('status') })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
}
