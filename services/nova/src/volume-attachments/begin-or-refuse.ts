import type { RequestContext } from '@longhaul/oslo/context'
import type { Transaction } from 'kysely'
import type { NovaTables } from '../db/tables.ts'
import { beginOperation } from '../operations/begin.ts'
import { askedBy } from '../operations/start.ts'
import { serverMissing, stateForbids } from '../server-faults.ts'
import type { Server, VolumeAttachmentsOptions } from './options.ts'

/** States in which servers get and lose volumes. A suspended machine knows its devices. @see openstack/nova nova/compute/api.py */
const vmStates: readonly string[] = ['active', 'paused', 'stopped']

const actions = { 'attach-volume': 'attach_volume', 'detach-volume': 'detach_volume' } as const
export type VolumeOperation = keyof typeof actions

/** @throws ApiError 409, before anything is asked of others */
export function assertTakesOperation(server: Server, kind: VolumeOperation): void {
  if (server.task_state === null && server.host !== null && vmStates.includes(server.vm_state)) return
  throw stateForbids(server, actions[kind])
}

/** Begins an operation, or waits behind others of its kind. @throws ApiError 404, 409 */
export async function beginOrRefuse(
  options: VolumeAttachmentsOptions,
  trx: Transaction<NovaTables>,
  context: RequestContext,
  server: Server,
  { kind, input }: { kind: VolumeOperation; input: object },
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
  if (await beginOperation(trx, operation, { vmStates }, { queue, now: now() })) return
  const present = await trx
    .selectFrom('servers')
    .select(['id', 'vm_state', 'task_state'])
    .where('id', '=', server.id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  throw present ? stateForbids(present, actions[kind]) : serverMissing(server.id)
}
