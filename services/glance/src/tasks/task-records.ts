import type { Kysely, Transaction } from 'kysely'
import type { GlanceTables } from '../db/tables.ts'
import { importTaskType, type NewTask } from './task.ts'

type Queries = Kysely<GlanceTables> | Transaction<GlanceTables>

/** Writes a task that begins. @param time ISO 8601 */
export async function insertTask(db: Queries, task: NewTask, time: string): Promise<void> {
  await db
    .insertInto('tasks')
    .values({
      id: task.id,
      type: importTaskType,
      status: 'processing',
      owner: task.owner,
      image_id: task.imageId,
      user_id: task.userId,
      request_id: task.requestId,
      input: JSON.stringify(task.input),
      result: null,
      message: '',
      created_at: time,
      updated_at: time,
      expires_at: null,
    })
    .execute()
}

/** How a task ended. */
export type TaskEnd = { result: Record<string, unknown> } | { failure: string }

/** Ends a task; one that has ended stays as it is. @param times ISO 8601 */
export async function endTask(
  db: Queries,
  id: string,
  end: TaskEnd,
  times: { now: string; expires: string },
): Promise<void> {
  await db
    .updateTable('tasks')
    .set({
      updated_at: times.now,
      expires_at: times.expires,
      ...('failure' in end
        ? { status: 'failure', message: end.failure }
        : { status: 'success', result: JSON.stringify(end.result) }),
    })
    .where('id', '=', id)
    .where('status', 'in', ['pending', 'processing'])
    .execute()
}

/** Forgets the tasks whose time is over. @param time ISO 8601 */
export async function deleteExpiredTasks(db: Queries, time: string): Promise<void> {
  await db.deleteFrom('tasks').where('expires_at', '<', time).execute()
}
