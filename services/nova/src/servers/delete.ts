import type { RequestContext } from '@longhaul/oslo/context'
import type { Transaction } from 'kysely'
import type { NovaTables } from '../db/tables.ts'
import { askedBy, recordAction, writeOperation } from '../operations/start.ts'
import { serverMissing } from '../server-faults.ts'
import type { ServersOptions } from './options.ts'
import { powerStates } from './states.ts'
import type { ServerRow } from './server.ts'
import { lockServer } from './store.ts'

/**
 * Deletes a server in any state. An operation that runs or waits is asked to undo its work, and the deletion follows; a server that
 * is on no host is gone at once. Asking again changes nothing.
 *
 * @throws ApiError 404
 */
export async function deleteServer(
  options: ServersOptions,
  context: RequestContext,
  serverId: string,
): Promise<void> {
  await options.store.transaction(async (trx) => {
    const server = await lockServer(trx, serverId)
    if (!server) throw serverMissing(serverId)
    if (server.task_state === 'deleting') return
    if (server.operation_id !== null) await deleteAfter(options, trx, context, server, server.operation_id)
    else if (server.host === null) await deleteAtOnce(options, trx, context, server)
    else await deleteNow(options, trx, context, server)
  })
}

async function deleteNow(
  options: ServersOptions,
  trx: Transaction<NovaTables>,
  context: RequestContext,
  server: ServerRow,
): Promise<void> {
  const operationId = await writeDeletion(options, trx, context, server, false)
  await markDeleting(options, trx, server.id, operationId)
  await options.queue(trx, { id: operationId, kind: 'delete-server' })
}

async function deleteAfter(
  options: ServersOptions,
  trx: Transaction<NovaTables>,
  context: RequestContext,
  server: ServerRow,
  running: string,
): Promise<void> {
  await trx
    .updateTable('operations')
    .set({ request: 'delete' })
    .where('server_id', '=', server.id)
    .where('finished_at', 'is', null)
    .execute()
  await writeDeletion(options, trx, context, server, true)
  await markDeleting(options, trx, server.id, running)
}

async function deleteAtOnce(
  options: ServersOptions,
  trx: Transaction<NovaTables>,
  context: RequestContext,
  server: ServerRow,
): Promise<void> {
  const at = options.now()
  await recordAction(trx, { serverId: server.id, action: 'delete', askedBy: askedBy(context) }, at, true)
  await trx
    .updateTable('servers')
    .set({ vm_state: 'deleted', power_state: powerStates.nostate, deleted_at: at, updated_at: at })
    .where('id', '=', server.id)
    .execute()
}

async function writeDeletion(
  options: ServersOptions,
  trx: Transaction<NovaTables>,
  context: RequestContext,
  server: ServerRow,
  waiting: boolean,
): Promise<string> {
  const id = options.randomUUID()
  // Volumes and ports are given up as the user who deletes the server.
  const hasDevices = await trx
    .selectFrom('block_device_mappings')
    .select('id')
    .where('server_id', '=', server.id)
    .unionAll(trx.selectFrom('server_ports').select('id').where('server_id', '=', server.id))
    .executeTakeFirst()
  const sealed = hasDevices ? options.seal(context, id) : null
  const deletion = { id, kind: 'delete-server', serverId: server.id, context: sealed, input: {} } as const
  await writeOperation(
    trx,
    { ...deletion, action: 'delete', askedBy: askedBy(context), waiting },
    options.now(),
  )
  return id
}

async function markDeleting(
  options: ServersOptions,
  trx: Transaction<NovaTables>,
  serverId: string,
  operationId: string,
): Promise<void> {
  await trx
    .updateTable('servers')
    .set({ task_state: 'deleting', operation_id: operationId, updated_at: options.now() })
    .where('id', '=', serverId)
    .execute()
}
