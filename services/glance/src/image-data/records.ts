import { sql, type Kysely, type Transaction, type Updateable } from 'kysely'
import type { Database } from '@longhaul/oslo/db'
import type { GlanceTables, ImageTable } from '../db/tables.ts'
import { statusesWithData, transitions } from '../images/states.ts'
import { deleteExpiredTasks, endTask, insertTask } from '../tasks/task-records.ts'
import type { NewTask } from '../tasks/task.ts'
import type { DataFacts } from './data-facts.ts'
import type { Upload } from './file-store.ts'

type Queries = Kysely<GlanceTables> | Transaction<GlanceTables>
type TransitionName = keyof typeof transitions

/** Where the data of an image is. */
export interface DataState {
  /** `deleted` included. */
  status: string
  owner: string | null
  uploadId: string | null
  dataId: string | null
  stagedId: string | null
  importId: string | null
  containerFormat: string | null
  diskFormat: string | null
}

/** A writing that the database knows of. */
export interface HeldUpload extends Upload {
  status: string
  worker: string | null
}

/**
 * The life of images' data in the database. What starts a writing names the upload and the process that writes; every
 * further step demands that the image is still held by that upload. Each takes effect wholly or, false, not at all.
 */
export class DataRecords {
  readonly #database: Database<GlanceTables>
  readonly #now: () => number
  readonly #taskLifeMs: number

  /** @param parts.taskLifeMs how long a task that has ended may be asked for */
  constructor(parts: { database: Database<GlanceTables>; now: () => number; taskLifeMs: number }) {
    this.#database = parts.database
    this.#now = parts.now
    this.#taskLifeMs = parts.taskLifeMs
  }

  /** queued → saving */
  async startUpload(upload: Upload, worker: string): Promise<boolean> {
    return await this.#take(this.#db, 'startUpload', upload.imageId, { upload_id: upload.uploadId, worker })
  }

  /** queued → uploading */
  async startStage(upload: Upload, worker: string): Promise<boolean> {
    return await this.#take(this.#db, 'startStage', upload.imageId, { upload_id: upload.uploadId, worker })
  }

  /** uploading, and the data waits for its import. @param size bytes */
  async finishStage(upload: Upload, size: number): Promise<boolean> {
    const change = { staged_id: upload.uploadId, size, upload_id: null, worker: null }
    return await this.#take(this.#db, 'finishStage', upload.imageId, change, upload.uploadId)
  }

  /** uploading → importing, once all data is staged; the task begins with it. */
  async startImport(upload: Upload, worker: string, task: NewTask): Promise<boolean> {
    return await this.#db.transaction().execute(async (trx) => {
      const change = { upload_id: upload.uploadId, worker, import_id: task.id }
      const taken = await this.#take(trx, 'startImport', upload.imageId, change, null)
      if (taken) await insertTask(trx, task, this.#time())
      return taken
    })
  }

  /** Goes on with an import whose process is dead. */
  async takeOver(from: Upload, to: Upload, worker: string): Promise<boolean> {
    const change = { upload_id: to.uploadId, worker }
    return await this.#take(this.#db, 'takeOver', from.imageId, change, from.uploadId)
  }

  /**
   * saving or importing → active; the task of an import succeeds with it.
   *
   * @param quota bytes that the owner's images may have together; undefined for no limit
   */
  async finishUpload(
    { imageId, uploadId }: Upload,
    facts: DataFacts,
    quota: number | undefined,
  ): Promise<'taken' | 'lost' | 'over_quota'> {
    const change = {
      ...factColumns(facts),
      data_id: uploadId,
      upload_id: null,
      worker: null,
      staged_id: null,
    }
    return await this.#db.transaction().execute(async (trx) => {
      const row = await trx
        .selectFrom('images')
        .select(['status', 'owner', 'import_id'])
        .where('id', '=', imageId)
        .where('upload_id', '=', uploadId)
        .executeTakeFirst()
      if (!row) return 'lost'
      if (quota !== undefined && (await this.#isOver(trx, row.owner, facts.size, quota))) return 'over_quota'
      if (!(await this.#take(trx, 'finishUpload', imageId, change, uploadId))) return 'lost'
      if (row.status === 'importing' && row.import_id !== null) {
        await this.#endTask(trx, row.import_id, { result: { image_id: imageId } })
      }
      return 'taken'
    })
  }

  /**
   * saving, uploading or importing → queued; the task of an import fails with it.
   *
   * @param reason for the task
   * @returns the upload whose staged data nobody needs any more; undefined if the image was not held
   */
  async abandon(
    { imageId, uploadId }: Upload,
    reason: string,
  ): Promise<{ stagedId: string | null } | undefined> {
    const change = { ...factColumns(null), upload_id: null, worker: null, staged_id: null }
    return await this.#db.transaction().execute(async (trx) => {
      const row = await trx
        .selectFrom('images')
        .select(['status', 'import_id', 'staged_id as stagedId'])
        .where('id', '=', imageId)
        .where('upload_id', '=', uploadId)
        .executeTakeFirst()
      if (!row || !(await this.#take(trx, 'abandon', imageId, change, uploadId))) return undefined
      if (row.status === 'importing' && row.import_id !== null) {
        await this.#endTask(trx, row.import_id, { failure: reason })
      }
      return { stagedId: row.stagedId }
    })
  }

  /** Any status but deleted → deleted; an import that still runs fails with it. A protected image stays. */
  async delete(imageId: string): Promise<boolean> {
    const { from, to } = transitions.delete
    const time = this.#time()
    return await this.#db.transaction().execute(async (trx) => {
      const result = await trx
        .updateTable('images')
        .set((eb) => ({ status: to, updated_at: time, deleted_at: time, revision: eb('revision', '+', 1) }))
        .where('id', '=', imageId)
        .where('status', 'in', from)
        .where('protected', '=', 0)
        .returning('import_id')
        .executeTakeFirst()
      if (result?.import_id) {
        await this.#endTask(trx, result.import_id, { failure: `Image ${imageId} was deleted.` })
      }
      return result !== undefined
    })
  }

  /** Undefined for an id that never was. */
  async state(imageId: string): Promise<DataState | undefined> {
    return (await this.states([imageId])).get(imageId)
  }

  /** The states of images that exist or existed. */
  async states(imageIds: readonly string[]): Promise<Map<string, DataState>> {
    const found = new Map<string, DataState>()
    for (let start = 0; start < imageIds.length; start += 500) {
      const rows = await this.#db
        .selectFrom('images')
        .select(['id', 'status', 'owner', 'upload_id as uploadId', 'data_id as dataId'])
        .select(['staged_id as stagedId', 'import_id as importId'])
        .select(['container_format as containerFormat', 'disk_format as diskFormat'])
        .where('id', 'in', imageIds.slice(start, start + 500))
        .execute()
      for (const { id, ...state } of rows) found.set(id, state)
    }
    return found
  }

  /** All images that somebody writes, or wrote when he died. */
  async held(): Promise<HeldUpload[]> {
    const rows = await this.#db
      .selectFrom('images')
      .select(['id', 'status', 'worker', 'upload_id as uploadId'])
      .where('upload_id', 'is not', null)
      .where('status', '!=', 'deleted')
      .execute()
    return rows.map(({ id, uploadId, ...row }) => ({ ...row, imageId: id, uploadId: uploadId ?? '' }))
  }

  /** Bytes of an owner's images together. */
  async usage(owner: string | null): Promise<number> {
    return await usageOf(this.#db, owner)
  }

  /** Notes that a process lives. */
  async beat(worker: string): Promise<void> {
    const seen = { seen_at: this.#time() }
    await this.#db
      .insertInto('workers')
      .values({ name: worker, ...seen })
      .onConflict((conflict) => conflict.column('name').doUpdateSet(seen))
      .execute()
  }

  /** Processes that were heard of since. @param ms milliseconds ago */
  async workersSince(ms: number): Promise<Set<string>> {
    const since = new Date(this.#now() - ms).toISOString()
    const rows = await this.#db.selectFrom('workers').select('name').where('seen_at', '>=', since).execute()
    return new Set(rows.map(({ name }) => name))
  }

  /** Forgets ended tasks, and processes that were not heard of for a day. */
  async forget(): Promise<void> {
    const dayAgo = new Date(this.#now() - 86_400_000).toISOString()
    await deleteExpiredTasks(this.#db, this.#time())
    await this.#db.deleteFrom('workers').where('seen_at', '<', dayAgo).execute()
  }

  /** @param heldBy the upload that must hold the image; null for none; undefined if `from` says enough */
  async #take(
    db: Queries,
    name: TransitionName,
    imageId: string,
    change: Updateable<ImageTable>,
    heldBy?: string | null,
  ): Promise<boolean> {
    const { from, to } = transitions[name]
    let update = db
      .updateTable('images')
      .set((eb) => ({ ...change, status: to, updated_at: this.#time(), revision: eb('revision', '+', 1) }))
      .where('id', '=', imageId)
      .where('status', 'in', from)
    if (heldBy === null) update = update.where('upload_id', 'is', null)
    else if (heldBy !== undefined) update = update.where('upload_id', '=', heldBy)
    return (await update.executeTakeFirst()).numUpdatedRows > 0n
  }

  /** Uploads of one owner that end at the same time are looked at one after the other. */
  async #isOver(trx: Queries, owner: string | null, size: number, quota: number): Promise<boolean> {
    if (this.#database.kind === 'postgresql') {
      await sql`select pg_advisory_xact_lock(hashtext(${`glance quota ${owner}`}))`.execute(trx)
    }
    return (await usageOf(trx, owner)) + size > quota
  }

  async #endTask(db: Queries, id: string, end: Parameters<typeof endTask>[2]): Promise<void> {
    const expires = new Date(this.#now() + this.#taskLifeMs).toISOString()
    await endTask(db, id, end, { now: this.#time(), expires })
  }

  get #db(): Kysely<GlanceTables> {
    return this.#database.kysely
  }

  #time(): string {
    return new Date(this.#now()).toISOString()
  }
}

async function usageOf(db: Queries, owner: string | null): Promise<number> {
  const { used } = await db
    .selectFrom('images')
    .select((eb) => eb.fn.sum<number | string | null>('size').as('used'))
    .where('owner', owner === null ? 'is' : '=', owner)
    .where('status', 'in', statusesWithData)
    .executeTakeFirstOrThrow()
  return Number(used ?? 0)
}

/** The columns that hold what is known of the data; all null without any. */
function factColumns(facts: DataFacts | null) {
  return {
    size: facts?.size ?? null,
    virtual_size: facts?.virtualSize ?? null,
    checksum: facts?.checksum ?? null,
    os_hash_algo: facts?.hashAlgorithm ?? null,
    os_hash_value: facts?.hashValue ?? null,
  } satisfies Updateable<ImageTable>
}
