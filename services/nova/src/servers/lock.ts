import type { RequestContext } from '@longhaul/oslo/context'
import { askedBy, recordAction } from '../operations/start.ts'
import { serverMissing } from '../server-faults.ts'
import type { ServersOptions } from './options.ts'
import type { ServerRow } from './server.ts'
import { lockServer, updateServer } from './store.ts'

/** Who holds a lock: somebody of the server's project, or an administrator from elsewhere. */
function holderOf(context: RequestContext, server: ServerRow): 'owner' | 'admin' {
  return context.projectId === server.project_id ? 'owner' : 'admin'
}

/** Whether the caller may take off the lock that is on the server without overriding somebody. */
export function holdsLock(context: RequestContext, server: ServerRow): boolean {
  return server.locked_by === null || server.locked_by === holderOf(context, server)
}

/**
 * Locks a server: from now on only administrators change it. An owner's second lock changes nothing.
 *
 * @throws ApiError 404
 * @see openstack/nova nova/compute/api.py, lock
 */
export async function lock(
  options: ServersOptions,
  context: RequestContext,
  serverId: string,
  reason?: string,
): Promise<void> {
  await change(options, context, serverId, 'lock', (server) => {
    const holder = holderOf(context, server)
    if (server.locked_by !== null && holder === 'owner') return undefined
    return { locked_by: holder, locked_reason: reason ?? server.locked_reason }
  })
}

/** @throws ApiError 404 */
export async function unlock(
  options: ServersOptions,
  context: RequestContext,
  serverId: string,
): Promise<void> {
  await change(options, context, serverId, 'unlock', () => ({ locked_by: null, locked_reason: null }))
}

async function change(
  { store, now }: ServersOptions,
  context: RequestContext,
  serverId: string,
  action: 'lock' | 'unlock',
  changesOf: (server: ServerRow) => Pick<ServerRow, 'locked_by' | 'locked_reason'> | undefined,
): Promise<void> {
  await store.transaction(async (trx) => {
    const server = await lockServer(trx, serverId)
    if (!server) throw serverMissing(serverId)
    const changes = changesOf(server)
    if (!changes) return
    const at = now()
    await updateServer(trx, serverId, { ...changes, updated_at: at })
    await recordAction(trx, { serverId, action, askedBy: askedBy(context) }, at, true)
  })
}
