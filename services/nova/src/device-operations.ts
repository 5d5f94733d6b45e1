// How operations on the volumes and ports of a server begin.
import type { RequestContext } from '@longhaul/oslo/context'
import type { Selectable, Transaction } from 'kysely'
import type { NovaTables, ServersTable } from './db/tables.ts'
import { beginOperation, type Hold } from './operations/begin.ts'
import type { EnqueueOperation } from './operations/queue.ts'
import { askedBy } from './operations/start.ts'
import { serverMissing, stateForbids } from './server-faults.ts'

/** What is looked at of a server. */
export type DeviceServer = Pick<
  Selectable<ServersTable>,
  'id' | 'project_id' | 'user_id' | 'host' | 'vm_state' | 'task_state' | 'locked_by'
>

/** What beginning an operation needs of others. */
export interface DeviceOperationOptions {
  /** Seals a context for the conductors. */
  seal: (context: RequestContext, operationId: string) => string
  queue: EnqueueOperation
  randomUUID: () => string
  now: () => Date
}

/** States in which servers get and lose devices. A suspended machine knows its devices. @see openstack/nova nova/compute/api.py */
const vmStates: readonly string[] = ['active', 'paused', 'stopped']

/** Nova's names of the instance actions. */
const actions = {
  'attach-volume': 'attach_volume',
  'detach-volume': 'detach_volume',
  'extend-volume': 'extend_volume',
  'attach-interface': 'attach_interface',
  'detach-interface': 'detach_interface',
} as const
export type DeviceOperation = keyof typeof actions

/** @throws ApiError 409, before anything is asked of others */
export function assertTakesOperation(server: DeviceServer, kind: DeviceOperation): void {
  if (server.task_state === null && server.host !== null && vmStates.includes(server.vm_state)) return
  throw stateForbids(server, actions[kind])
}

/**
 * Begins an operation, or waits behind others of its kind.
 *
 * @param hold.behindTask whether it waits behind every other operation; default: no
 * @throws ApiError 404, 409
 */
export async function beginOrRefuse(
  options: DeviceOperationOptions,
  trx: Transaction<NovaTables>,
  context: RequestContext,
  server: Pick<DeviceServer, 'id'>,
  { kind, input }: { kind: DeviceOperation; input: object },
  hold: Pick<Hold, 'behindTask'> = {},
): Promise<void> {
  const { randomUUID, seal, queue, now } = options
  const id = randomUUID()
  const operation = {
    id,
    kind,
    serverId: server.id,
    context: seal(context, id),
    input,
    action: actions[kind],
    askedBy: askedBy(context),
  }
  if (await beginOperation(trx, operation, { ...hold, vmStates }, { queue, now: now() })) return
  const present = await trx
    .selectFrom('servers')
    .select(['id', 'vm_state', 'task_state'])
    .where('id', '=', server.id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  throw present ? stateForbids(present, actions[kind]) : serverMissing(server.id)
}
