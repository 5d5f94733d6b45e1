import { bindPort } from './bind-port.ts'
import type { Run } from './operation.ts'

/** A port that a new server is to have. */
export interface WantedPort {
  /** Of its row. */
  uuid: string
  networkId: string
  /** Null: it is to be made. */
  portId: string | null
  address?: string
}

/**
 * Has the ports of a new server made as the user, and binds all of them to its host. One that an earlier try has made is known
 * by its row, or by its device.
 *
 * @throws as `bindPort`
 * @see openstack/nova nova/network/neutron.py, allocate_for_instance
 */
export async function allocatePorts(
  run: Run<unknown>,
  wanted: readonly WantedPort[],
  host: string,
): Promise<void> {
  for (const one of wanted) {
    const portId = one.portId ?? (await madePort(run, one))
    await bindPort(run, { uuid: one.uuid, portId }, host)
  }
}

async function madePort(
  run: Run<unknown>,
  { uuid, networkId: network_id, address }: WantedPort,
): Promise<string> {
  const row = await run.store.port(uuid)
  if (row && row.portId !== null) return row.portId
  const neutron = run.portsOfUser()
  const [made] = await neutron.portsOf(uuid)
  const { project_id } = await run.store.server(run.operation.serverId)
  const fixed = address === undefined ? {} : { fixed_ips: [{ ip_address: address }] }
  const { id } = made ?? (await neutron.createPort({ network_id, project_id, device_id: uuid, ...fixed }))
  await run.store.setPort(uuid, id)
  return id
}
