// The ports of a server on its way to another host.
import { HttpError } from '@longhaul/keystoneauth'
import type { Port } from '../devices-protocol.ts'
import type { PortBinding } from '../neutron.ts'
import { TerminalError } from './failure.ts'
import { wiredPort } from './guest-port.ts'
import { settleBindings } from './migration-bindings.ts'
import type { LiveMigrationFacts } from './migration-facts.ts'
import type { Run } from './operation.ts'
import { portIdsOf } from './ports-of-servers.ts'

/**
 * Gives each port a binding for the destination beside the one it has, which stays the active one. Only nova itself may.
 *
 * @throws TerminalError `port_binding_failed`, `credentials_missing`
 * @see openstack/nova nova/conductor/tasks/live_migrate.py, _bind_ports_on_destination
 */
export async function bindToDestination(
  run: Run<unknown>,
  { destination }: LiveMigrationFacts,
): Promise<{ ports: string[] }> {
  const ports = portIdsOf(await run.store.ports(run.operation.serverId))
  for (const id of ports) {
    const { vif_type: wiring } = await boundTo(run, id, destination!)
    if (wiring === 'binding_failed' || wiring === 'unbound') throw notBound(id)
  }
  return { ports }
}

/** The ports as they are wired at the destination. */
export async function portsAtDestination(
  run: Run<unknown>,
  { destination, ports }: LiveMigrationFacts,
): Promise<Port[]> {
  const wired: Port[] = []
  for (const id of ports!) {
    const neutron = run.portsOfNova()
    wired.push(await wiredPort(neutron, id, await neutron.binding(id, destination!)))
  }
  return wired
}

/** Has the ports be where the server runs now, and nowhere else. */
export async function bindWhereItRuns(run: Run<unknown>): Promise<void> {
  const { serverId } = run.operation
  const ports = portIdsOf(await run.store.ports(serverId))
  if (ports.length === 0) return
  const { host } = await run.store.server(serverId)
  await settleBindings(run.portsOfNova(), ports, host!, () => run.store.wish(run.operation))
}

/** The service fails when none of its drivers can wire the port there, which does not pass. */
async function boundTo(run: Run<unknown>, portId: string, host: string): Promise<PortBinding> {
  try {
    return await run.portsOfNova().createBinding(portId, host)
  } catch (error) {
    if (error instanceof HttpError && error.status === 500) throw notBound(portId, error)
    throw error
  }
}

function notBound(portId: string, cause?: unknown): TerminalError {
  const message = `port ${portId} cannot be bound to the destination`
  return new TerminalError('port_binding_failed', message, { cause })
}
