import type { Port } from '../devices-protocol.ts'
import type { PortBinding } from '../neutron.ts'
import type { AgentClient } from './agent-client.ts'
import { TerminalError } from './failure.ts'
import type { Ports } from './operation.ts'

/** A port as a host is told of it. @param binding the port's for that host; absent: the one that is active */
export async function wiredPort(
  network: Pick<Ports, 'port' | 'network'>,
  portId: string,
  binding?: Pick<PortBinding, 'vif_type' | 'vif_details'>,
): Promise<Port> {
  const port = await network.port(portId)
  const { mtu } = await network.network(port.network_id)
  return {
    id: port.id,
    mac_address: port.mac_address,
    mtu,
    vif_type: binding?.vif_type ?? port['binding:vif_type'] ?? 'unbound',
    vif_details: binding?.vif_details ?? port['binding:vif_details'] ?? {},
  }
}

/** Gives a machine a port; one that has it keeps it. @throws as `AgentClient.job` */
export async function plugPort(
  agent: AgentClient,
  { step, server, port }: { step: string; server: string; port: Port },
  checkWish?: () => Promise<void>,
): Promise<void> {
  await agent.job({ step, kind: 'attach_port', server, params: { port } }, checkWish)
}

/** Takes a port from a machine. One that does not have it is fine, and so is a machine that is not there. */
export async function unplugPort(
  agent: AgentClient,
  { step, server, port }: { step: string; server: string; port: string },
  checkWish?: () => Promise<void>,
): Promise<void> {
  try {
    await agent.job({ step, kind: 'detach_port', server, params: { port } }, checkWish)
  } catch (error) {
    if (!(error instanceof TerminalError) || error.code !== 'guest_absent') throw error
  }
}
