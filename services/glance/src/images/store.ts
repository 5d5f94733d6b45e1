import type { Kysely, Selectable, Transaction, Updateable } from 'kysely'
import { isUniqueViolation } from '@longhaul/oslo/db'
import type { GlanceTables, ImageTable } from '../db/tables.ts'
import type { DataFacts, Image, ImageAttributes } from './image.ts'
import type { ListQuery } from './list-query.ts'
import { selectImages, type Audience } from './list-sql.ts'
import { attributeColumns, factColumns, imageOf } from './rows.ts'
import { transitions, type TransitionName } from './states.ts'

type Queries = Kysely<GlanceTables> | Transaction<GlanceTables>

/** What may be written together with a change of status. */
export interface TransitionFacts {
  /** Which upload holds the image: set by `startUpload`, demanded by `finishUpload` and `abandonUpload`. */
  uploadId?: string
  /** Set by `finishUpload`. */
  facts?: DataFacts
}

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
      ...factColumns(null),
      upload_id: null,
      revision: 1,
      created_at: time,
      updated_at: time,
      deleted_at: null,
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

  /** Takes a transition if the status allows it. @returns whether it was taken */
  async transition(id: string, name: TransitionName, given: TransitionFacts = {}): Promise<boolean> {
    const { from, to } = transitions[name]
    const time = this.#time()
    const change: Updateable<ImageTable> = { status: to, updated_at: time, upload_id: null }
    if (name === 'startUpload') change.upload_id = given.uploadId ?? null
    if (name === 'finishUpload') Object.assign(change, factColumns(given.facts ?? null))
    if (name === 'delete') change.deleted_at = time
    let update = this.#db
      .updateTable('images')
      .set((eb) => ({ ...change, revision: eb('revision', '+', 1) }))
      .where('id', '=', id)
      .where('status', 'in', from)
    if (name === 'finishUpload' || name === 'abandonUpload') {
      update = update.where('upload_id', '=', given.uploadId ?? '')
    }
    if (name === 'delete') update = update.where('protected', '=', 0)
    const result = await update.executeTakeFirst()
    return result.numUpdatedRows > 0n
  }

  /** Puts every image in `saving` back to `queued`: for the start of the process, when no upload runs. @returns how many */
  async abandonAllUploads(): Promise<number> {
    const { from, to } = transitions.abandonUpload
    const result = await this.#db
      .updateTable('images')
      .set((eb) => ({
        status: to,
        upload_id: null,
        updated_at: this.#time(),
        revision: eb('revision', '+', 1),
      }))
      .where('status', 'in', from)
      .executeTakeFirst()
    return Number(result.numUpdatedRows)
  }

  /** The status, `deleted` included, and the upload that holds the image. */
  async state(id: string): Promise<{ status: string; uploadId: string | null } | undefined> {
    return await this.#db
      .selectFrom('images')
      .select(['status', 'upload_id as uploadId'])
      .where('id', '=', id)
      .executeTakeFirst()
  }

  /** The statuses of images that exist or existed. */
  async statuses(ids: readonly string[]): Promise<Map<string, string>> {
    const found = new Map<string, string>()
    for (let start = 0; start < ids.length; start += 500) {
      const part = ids.slice(start, start + 500)
      const rows = await this.#db
        .selectFrom('images')
        .select(['id', 'status'])
        .where('id', 'in', part)
        .execute()
      for (const { id, status } of rows) found.set(id, status)
    }
    return found
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
