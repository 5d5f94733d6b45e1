import type { Transaction } from 'kysely'
import type { NovaTables } from '../db/tables.ts'
import type { TaskState } from '../servers/states.ts'
import { lockServer } from '../servers/store.ts'
import type { EnqueueOperation } from './queue.ts'
import { writeOperation, type NewOperation } from './start.ts'

/** What an operation asks of its server. */
export interface Hold {
  /**
   * What users see from now on. Absent for operations on what belongs to a server, such as its volumes: it shows no task, and
   * others may come behind it.
   */
  taskState?: TaskState
  /** States in which it may begin; default: all. */
  vmStates?: readonly string[]
  /** Whether it waits behind an operation that shows a task, unless that is a deletion; default: it is refused. */
  behindTask?: boolean
}

/**
 * Gives a server to an operation, in the transaction that writes it. While another one runs that shows no task, it waits for
 * its turn.
 *
 * @returns whether the server was given to it
 */
export async function beginOperation(
  trx: Transaction<NovaTables>,
  operation: Omit<NewOperation, 'waiting'>,
  { taskState, vmStates, behindTask = false }: Hold,
  { queue, now }: { queue: EnqueueOperation; now: Date },
): Promise<boolean> {
  const server = await lockServer(trx, operation.serverId)
  if (!server) return false
  if (server.task_state !== null && (!behindTask || server.task_state === 'deleting')) return false
  if (vmStates && !vmStates.includes(server.vm_state)) return false
  const waiting = server.operation_id !== null
  await trx
    .updateTable('servers')
    .set({ ...(waiting ? {} : { operation_id: operation.id }), updated_at: now })
    .$if(taskState !== undefined, (query) => query.set({ task_state: taskState! }))
    .where('id', '=', server.id)
    .execute()
  await writeOperation(trx, { ...operation, waiting }, now)
  if (!waiting) await queue(trx, operation)
  return true
}
