import { NotFound } from '@longhaul/keystoneauth'
import type { Ports } from './operation.ts'

/**
 * Has the ports of a server be on the host where it runs, and on no other: the database says which that is. Before the server
 * has arrived that is the source, afterwards the destination. A port that is gone is fine.
 *
 * @param host where the server runs
 * @param unlessReplaced throws when somebody else has taken over, for whom the server may run elsewhere
 * @see openstack/nova nova/network/neutron.py, activate_port_binding, delete_port_binding
 */
export async function settleBindings(
  neutron: Pick<Ports, 'port' | 'bindings' | 'createBinding' | 'activateBinding' | 'deleteBinding'>,
  portIds: readonly string[],
  host: string,
  unlessReplaced: () => Promise<unknown>,
): Promise<void> {
  for (const id of portIds) {
    try {
      const bindings = await neutron.bindings(id)
      let own = bindings.find((one) => one.host === host)
      if (!own) {
        await unlessReplaced()
        own = await neutron.createBinding(id, host)
      }
      if (own.status !== 'ACTIVE') {
        await unlessReplaced()
        await neutron.activateBinding(id, host)
      }
      for (const one of bindings) {
        if (one.host === host) continue
        await unlessReplaced()
        await neutron.deleteBinding(id, one.host)
      }
    } catch (error) {
      if (!(error instanceof NotFound) || !(await isGone(neutron, id))) throw error
    }
  }
}

/** It may have been the binding that was not there. */
async function isGone(neutron: Pick<Ports, 'port'>, portId: string): Promise<boolean> {
  try {
    await neutron.port(portId)
    return false
  } catch (error) {
    if (error instanceof NotFound) return true
    throw error
  }
}
