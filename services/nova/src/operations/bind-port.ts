import { HttpError } from '@longhaul/keystoneauth'
import { TerminalError, TransientError } from './failure.ts'
import type { Run } from './operation.ts'

/** Of the ports of servers. */
const deviceOwner = 'compute:nova'

/**
 * Gives a port to the server and binds it to a host, which only nova itself may. One that is the server's already is bound
 * all the same.
 *
 * @param port.uuid of the row of `server_ports`, which a port that nova made has as its device until now
 * @throws TerminalError `port_in_use`, `port_binding_failed`, `credentials_missing`; TransientError `port_changed`
 */
export async function bindPort(
  run: Run<unknown>,
  { uuid, portId }: { uuid: string; portId: string },
  host: string,
): Promise<void> {
  const { serverId } = run.operation
  const neutron = run.portsOfNova()
  const { device_id: holder, revision_number: seen } = await neutron.port(portId)
  if (!['', uuid, serverId].includes(holder)) {
    throw new TerminalError('port_in_use', `Port ${portId} is still in use.`)
  }
  const bound = { device_id: serverId, device_owner: deviceOwner, 'binding:host_id': host }
  const port = await unlessChanged(portId, neutron.updatePort(portId, bound, seen))
  if (port['binding:vif_type'] === 'binding_failed') {
    throw new TerminalError('port_binding_failed', `port ${portId} cannot be bound to the host`)
  }
  await run.store.describePort(uuid, { port, network: await neutron.network(port.network_id) })
}

/** Somebody else may have taken it since it was looked at. */
async function unlessChanged<T>(portId: string, update: Promise<T>): Promise<T> {
  try {
    return await update
  } catch (error) {
    if (!(error instanceof HttpError) || error.status !== 412) throw error
    throw new TransientError('port_changed', `port ${portId} was changed meanwhile`, { cause: error })
  }
}
