import type { RequestContext } from '@longhaul/oslo/context'
import type { Transaction } from 'kysely'
import type { NovaTables } from '../db/tables.ts'
import type { OperationKind } from './running-operation.ts'

/** Who asked for an operation, as the instance action tells. */
export interface AskedBy {
  requestId: string
  userId: string
  projectId: string
}

export function askedBy(context: RequestContext): AskedBy {
  return {
    requestId: context.requestId,
    userId: context.userId,
    projectId: context.projectId ?? '',
  }
}

export interface NewOperation {
  id: string
  kind: OperationKind
  serverId: string
  /** Sealed request context; null for operations that call nobody as the user. */
  context: string | null
  input: object
  /** Nova's name of the instance action, such as `createImage`. */
  action: string
  askedBy: AskedBy
  /** True: it begins when the running operation of the server has ended. */
  waiting?: boolean
}

/** Writes an operation and its instance action; whoever calls holds the server's `task_state` in the same transaction. */
export async function writeOperation(
  trx: Transaction<NovaTables>,
  operation: NewOperation,
  now: Date,
): Promise<void> {
  const { id, kind, serverId, context, input, waiting = false } = operation
  const actionId = await recordAction(trx, operation, now)
  await trx
    .insertInto('operations')
    .values({
      id,
      kind,
      server_id: serverId,
      action_id: actionId,
      context,
      input: JSON.stringify(input),
      state: waiting ? 'waiting' : 'queued',
      request: null,
      error: null,
      created_at: now,
      finished_at: null,
    })
    .execute()
}

/** Writes the instance action that users see. @param finished for what is done already */
export async function recordAction(
  trx: Transaction<NovaTables>,
  { serverId, action, askedBy }: Pick<NewOperation, 'serverId' | 'action' | 'askedBy'>,
  now: Date,
  finished = false,
): Promise<number> {
  const row = await trx
    .insertInto('instance_actions')
    .values({
      server_id: serverId,
      action,
      request_id: askedBy.requestId,
      user_id: askedBy.userId,
      project_id: askedBy.projectId,
      start_time: now,
      updated_at: now,
      finish_time: finished ? now : null,
      message: null,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return row.id
}
