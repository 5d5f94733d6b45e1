import { badRequest } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import { beginOperation } from '../operations/begin.ts'
import { askedBy } from '../operations/start.ts'
import { serverMissing, stateForbids } from '../server-faults.ts'
import { hostMissing } from './destination.ts'
import type { LiveMigrate } from './live-migrate-schema.ts'
import type { ServersOptions } from './options.ts'
import type { ServerRow } from './server.ts'
import type { VmState } from './states.ts'

const action = 'live-migration'
const movable: readonly VmState[] = ['active', 'paused']

/**
 * Begins to move a server to another host while it runs. What hinders it later is told by the migration and the instance
 * action, in every version.
 *
 * @throws ApiError 400 for hosts that do not come into question; 404; 409 for a server that is busy or does not run
 * @see openstack/nova nova/compute/api.py, live_migrate
 */
export async function liveMigrate(
  options: ServersOptions,
  context: RequestContext,
  server: ServerRow,
  { host, block_migration: block }: LiveMigrate,
): Promise<void> {
  const { store, queue, seal, randomUUID, now } = options
  if (!movable.includes(server.vm_state as VmState) || server.task_state !== null) {
    throw stateForbids(server, 'os-migrateLive')
  }
  await assertHosts(options, server, host)
  const id = randomUUID()
  const at = now()
  const operation = {
    id,
    kind: 'live-migration',
    serverId: server.id,
    context: seal(context, id),
    input: { host, block: block === 'auto' ? null : block },
    action,
    askedBy: askedBy(context),
  } as const
  const begun = await store.transaction(async (trx) => {
    const hold = { taskState: 'migrating', vmStates: movable } as const
    if (!(await beginOperation(trx, operation, hold, { queue, now: at }))) return false
    await trx
      .insertInto('migrations')
      .values({
        uuid: randomUUID(),
        server_id: server.id,
        operation_id: id,
        status: 'accepted',
        source_compute: server.host!,
        user_id: context.userId,
        project_id: context.projectId ?? '',
        created_at: at,
        updated_at: at,
      })
      .execute()
    return true
  })
  if (begun) return
  const present = await store.find(server.id)
  throw present ? stateForbids(present, 'os-migrateLive') : serverMissing(server.id)
}

async function assertHosts({ hosts }: ServersOptions, server: ServerRow, wanted: string | null) {
  if (server.host === null) throw stateForbids(server, 'os-migrateLive')
  if (wanted !== null && !(await hosts.exists(wanted))) throw hostMissing(wanted)
  if (wanted === server.host) {
    throw badRequest(
      `Migration pre-check error: Unable to migrate instance (${server.id}) to current host (${wanted}).`,
      { code: 'same_host' },
    )
  }
  const names = [server.host, ...(wanted === null ? [] : [wanted])]
  const statuses = await hosts.statuses(names)
  for (const name of names) {
    const status = statuses.get(name)
    // Machines are moved away from a host that gets no new ones.
    if (status === 'UP' || (status === 'MAINTENANCE' && name === server.host)) continue
    throw badRequest(`Compute service of ${name} is unavailable at this time.`, { code: 'host_unavailable' })
  }
}
