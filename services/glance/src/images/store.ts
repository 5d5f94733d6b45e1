import type { Kysely, Selectable, Transaction } from 'kysely'
import { isUniqueViolation } from '@longhaul/oslo/db'
import type { GlanceTables, ImageTable } from '../db/tables.ts'
import type { Image, ImageAttributes } from './image.ts'
import type { ListQuery } from './list-query.ts'
import { selectImages, type Audience } from './list-sql.ts'
import { attributeColumns, emptyColumns, imageOf } from './rows.ts'
import { transitions } from './states.ts'

type Queries = Kysely<GlanceTables> | Transaction<GlanceTables>

/** Images in the database. Knows no rules but those that need to be one statement. */
export class ImageStore {
  readonly #db: Kysely<GlanceTables>
  readonly #now: () => number

  /** @param now milliseconds since 1970 */
  constructor(db: Kysely<GlanceTables>, now: () => number) {
    this.#db = db
    this.#now = now
  }

  /** Stores a new image with status `queued`. @returns undefined if the id is taken, also by a deleted image */
  async insert(id: string, attributes: ImageAttributes): Promise<Image | undefined> {
    const time = this.#time()
    const row: ImageTable = {
      id,
      status: 'queued',
      ...attributeColumns(attributes),
      ...emptyColumns,
      revision: 1,
      created_at: time,
      updated_at: time,
    }
    try {
      await this.#db.transaction().execute(async (trx) => {
        await trx.insertInto('images').values(row).execute()
        await insertParts(trx, id, attributes)
      })
    } catch (error) {
      if (isUniqueViolation(error)) return undefined
      throw error
    }
    return await this.get(id)
  }

  /** The image, unless there is none or it is deleted. */
  async get(id: string): Promise<Image | undefined> {
    const row = await this.#db
      .selectFrom('images')
      .selectAll()
      .where('id', '=', id)
      .where('status', '!=', 'deleted')
      .executeTakeFirst()
    return row && (await this.#withParts([row]))[0]
  }

  /** The page of a list that an audience may see; undefined if the marker is no image. */
  async list(query: ListQuery, audience: Audience): Promise<Image[] | undefined> {
    if (query.page.limit === 0) return []
    const rows = await selectImages(this.#db, query, audience)
    return rows && (await this.#withParts(rows))
  }

  /** Writes attributes over those of `image.revision`. @returns undefined if the image has changed since it was read */
  async save(image: Image, attributes: ImageAttributes): Promise<Image | undefined> {
    const saved = await this.#db.transaction().execute(async (trx) => {
      const result = await trx
        .updateTable('images')
        .set((eb) => ({
          ...attributeColumns(attributes),
          updated_at: this.#time(),
          revision: eb('revision', '+', 1),
        }))
        .where('id', '=', image.id)
        .where('revision', '=', image.revision)
        .where('status', '!=', 'deleted')
        .executeTakeFirst()
      if (result.numUpdatedRows === 0n) return false
      await trx.deleteFrom('image_properties').where('image_id', '=', image.id).execute()
      await trx.deleteFrom('image_tags').where('image_id', '=', image.id).execute()
      await insertParts(trx, image.id, attributes)
      return true
    })
    return saved ? await this.get(image.id) : undefined
  }

  /** active ↔ deactivated. @returns false if the status does not allow it */
  async setActive(id: string, action: 'deactivate' | 'reactivate'): Promise<boolean> {
    const { from, to } = transitions[action]
    const result = await this.#db
      .updateTable('images')
      .set((eb) => ({ status: to, updated_at: this.#time(), revision: eb('revision', '+', 1) }))
      .where('id', '=', id)
      .where('status', 'in', from)
      .executeTakeFirst()
    return result.numUpdatedRows > 0n
  }

  /** Whether an image is shared with a project, whatever the project makes of it. */
  async isMember(id: string, projectId: string): Promise<boolean> {
    const member = await this.#db
      .selectFrom('image_members')
      .select('member_id')
      .where('image_id', '=', id)
      .where('member_id', '=', projectId)
      .executeTakeFirst()
    return member !== undefined
  }

  async #withParts(rows: readonly Selectable<ImageTable>[]): Promise<Image[]> {
    if (rows.length === 0) return []
    const ids = rows.map(({ id }) => id)
    const tags = await this.#db
      .selectFrom('image_tags')
      .selectAll()
      .where('image_id', 'in', ids)
      .orderBy('value')
      .execute()
    const properties = await this.#db
      .selectFrom('image_properties')
      .selectAll()
      .where('image_id', 'in', ids)
      .execute()
    const tagsOf = Map.groupBy(tags, (tag) => tag.image_id)
    const propertiesOf = Map.groupBy(properties, (property) => property.image_id)
    return rows.map((row) =>
      imageOf(
        row,
        (tagsOf.get(row.id) ?? []).map(({ value }) => value),
        new Map((propertiesOf.get(row.id) ?? []).map(({ name, value }) => [name, value])),
      ),
    )
  }

  #time(): string {
    return new Date(this.#now()).toISOString()
  }
}

async function insertParts(db: Queries, id: string, { tags, properties }: ImageAttributes): Promise<void> {
  if (properties.size > 0) {
    const rows = [...properties].map(([name, value]) => ({ image_id: id, name, value }))
    await db.insertInto('image_properties').values(rows).execute()
  }
  if (tags.length > 0) {
    await db
      .insertInto('image_tags')
      .values(tags.map((value) => ({ image_id: id, value })))
      .execute()
  }
}
