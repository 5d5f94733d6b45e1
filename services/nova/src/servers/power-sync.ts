import type { Kysely } from 'kysely'
import type { NovaTables } from '../db/tables.ts'
import { powerStateOf, vmStateFor } from './states.ts'

/** What a host says of one of its guests. */
export interface ReportedGuest {
  id: string
  power_state: string
}

/**
 * Makes the states of a host's idle servers what the host says of their guests. Servers with an operation are left to it; a
 * server without a guest counts as stopped. A server that has changed since the host looked is left to the next report.
 *
 * @param looked when the host began to look at its guests
 */
export async function syncPowerStates(
  db: Kysely<NovaTables>,
  host: string,
  guests: readonly ReportedGuest[],
  { now, looked }: { now: Date; looked: Date },
): Promise<{ server: string; from: string; to: string }[]> {
  const reported = new Map(guests.map((guest) => [guest.id, guest.power_state]))
  const servers = await db
    .selectFrom('servers')
    .select(['id', 'vm_state', 'power_state'])
    .where('host', '=', host)
    .where('task_state', 'is', null)
    .where('deleted_at', 'is', null)
    .where('updated_at', '<=', looked)
    .execute()
  const changed = []
  for (const server of servers) {
    const says = reported.get(server.id) ?? 'absent'
    const vmState = vmStateFor(server.vm_state, says) ?? server.vm_state
    const powerState = powerStateOf(says)
    if (vmState === server.vm_state && powerState === server.power_state) continue
    await db
      .updateTable('servers')
      .set({ vm_state: vmState, power_state: powerState, updated_at: now })
      .where('id', '=', server.id)
      .where('task_state', 'is', null)
      .where('vm_state', '=', server.vm_state)
      .where('updated_at', '<=', looked)
      .execute()
    if (vmState !== server.vm_state) changed.push({ server: server.id, from: server.vm_state, to: vmState })
  }
  return changed
}
