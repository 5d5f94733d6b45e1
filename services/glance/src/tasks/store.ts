import type { Kysely, Selectable } from 'kysely'
import type { GlanceTables, TaskTable } from '../db/tables.ts'
import type { Task, TaskStatus } from './task.ts'

/** What a list of tasks asks for. */
export interface TaskQuery {
  limit: number
  /** Id of the last task of the page before. */
  marker?: string
  sort: { column: 'created_at' | 'updated_at' | 'status' | 'type' | 'id'; direction: 'asc' | 'desc' }
  status?: TaskStatus
  type?: string
  /** Id of a project. */
  owner?: string
}

/** Tasks in the database. */
export class TaskStore {
  readonly #db: Kysely<GlanceTables>

  constructor(db: Kysely<GlanceTables>) {
    this.#db = db
  }

  async get(id: string): Promise<Task | undefined> {
    const row = await this.#db.selectFrom('tasks').selectAll().where('id', '=', id).executeTakeFirst()
    return row && taskOf(row)
  }

  /** The tasks of one image, newest first. */
  async ofImage(imageId: string): Promise<Task[]> {
    const rows = await this.#db
      .selectFrom('tasks')
      .selectAll()
      .where('image_id', '=', imageId)
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .execute()
    return rows.map(taskOf)
  }

  /** @returns undefined if the marker is no task */
  async list({ sort, limit, marker, ...filters }: TaskQuery): Promise<Task[] | undefined> {
    if (limit === 0) return []
    let select = this.#db.selectFrom('tasks').selectAll()
    for (const [column, value] of Object.entries(filters) as ['status' | 'type' | 'owner', string][]) {
      select = select.where(column, '=', value)
    }
    const { column, direction } = sort
    if (marker !== undefined) {
      const start = await this.#db.selectFrom('tasks').selectAll().where('id', '=', marker).executeTakeFirst()
      if (!start) return undefined
      const beyond = direction === 'asc' ? '>' : '<'
      select = select.where((eb) =>
        eb.or([
          eb(column, beyond, start[column]),
          eb.and([eb(column, '=', start[column]), eb('id', beyond, start.id)]),
        ]),
      )
    }
    const rows = await select.orderBy(column, direction).orderBy('id', direction).limit(limit).execute()
    return rows.map(taskOf)
  }
}

function taskOf(row: Selectable<TaskTable>): Task {
  return {
    id: row.id,
    type: row.type,
    status: row.status as TaskStatus,
    owner: row.owner,
    imageId: row.image_id,
    userId: row.user_id,
    requestId: row.request_id,
    input: JSON.parse(row.input) as Record<string, unknown>,
    result: row.result === null ? null : (JSON.parse(row.result) as Record<string, unknown>),
    message: row.message,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    expiresAt: row.expires_at,
  }
}
