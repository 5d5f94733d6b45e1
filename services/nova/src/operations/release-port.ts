import { NotFound } from '@longhaul/keystoneauth'
import type { Ports } from './operation.ts'
import type { PortOfServer } from './ports-of-servers.ts'

/**
 * Gives a port up that no machine has any more: one that nova made is deleted as the user, one that a user made belongs to
 * nobody then and is on no host. One that is gone, or that somebody else has, is fine.
 *
 * @see openstack/nova nova/network/neutron.py, deallocate_port_for_instance, _unbind_ports
 */
export async function releasePort(
  { user, nova }: { user: Pick<Ports, 'portsOf' | 'deletePort'>; nova: Pick<Ports, 'port' | 'updatePort'> },
  { uuid, portId, serverId, createdByNova }: PortOfServer,
): Promise<void> {
  if (portId === null) {
    for (const { id } of await user.portsOf(uuid)) await user.deletePort(id)
  } else if (createdByNova) await user.deletePort(portId)
  else await giveBack(nova, portId, serverId)
}

async function giveBack(
  nova: Pick<Ports, 'port' | 'updatePort'>,
  portId: string,
  serverId: string,
): Promise<void> {
  try {
    const { device_id: holder } = await nova.port(portId)
    if (holder !== serverId) return
    await nova.updatePort(portId, { device_id: '', device_owner: '', 'binding:host_id': null })
  } catch (error) {
    if (!(error instanceof NotFound)) throw error
  }
}
