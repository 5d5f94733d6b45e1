import { badRequest, conflict } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import { beginOrRefuse, type DeviceServer } from '../device-operations.ts'
import { isRefusal } from '../is-refusal.ts'
import { networkError } from '../network-errors.ts'
import type { NetworkPort } from '../neutron.ts'
import type { AttachInterfaceInput } from '../operations/attach-interface.ts'
import { chooseNetwork } from './choose-network.ts'
import type { InterfacesOptions } from './options.ts'
import type { AttachRequest } from './schema.ts'
import { takeReservation, type PortRow } from './store.ts'

/**
 * Reserves a port for a server, or has one made, and begins to attach it. The row is given to the operation in the
 * transaction that begins it: if this process dies before, a conductor gives up what was reserved. The answer does not wait
 * for the operation, so that it may show the port as it is before.
 *
 * @throws ApiError 400, 404 for ports and networks that the server cannot have; 409 for a port that a server has, or a server
 *   that is busy; 401, 403, 503 of the Networking service
 * @see openstack/nova nova/compute/api.py, attach_interface
 */
export async function attachInterface(
  options: InterfacesOptions,
  context: RequestContext,
  server: DeviceServer,
  wanted: AttachRequest,
): Promise<{ port: NetworkPort; tag: string | null }> {
  const { row, port } =
    wanted.port_id === undefined
      ? await madePort(options, context, server, wanted)
      : await reservedPort(options, context, server, { portId: wanted.port_id, tag: wanted.tag })
  const input: AttachInterfaceInput = { uuid: row.uuid, portId: port.id }
  try {
    await options.store.transaction(async (trx) => {
      if (!(await takeReservation(trx, row.uuid, port.id))) {
        throw conflict('The port was given up before the operation began.', { code: 'reservation_lost' })
      }
      await beginOrRefuse(options, trx, context, server, { kind: 'attach-interface', input })
    })
  } catch (error) {
    await giveBack(options, context, row)
    throw error
  }
  return { port, tag: row.tag }
}

/** A port that a user has made. */
async function reservedPort(
  { store, network, randomUUID, now }: InterfacesOptions,
  context: RequestContext,
  server: DeviceServer,
  { portId, tag }: { portId: string; tag: string | undefined },
): Promise<{ row: PortRow; port: NetworkPort }> {
  const port = await network(context)
    .port(portId)
    .catch((error: unknown) => {
      throw networkError(error, `Port id ${portId} could not be found.`)
    })
  if (port.project_id !== server.project_id) {
    throw badRequest(`Port ${portId} not usable for instance ${server.id}.`, { code: 'port_not_usable' })
  }
  const reservation = {
    uuid: randomUUID(),
    server_id: server.id,
    port_id: portId,
    network_id: port.network_id,
    tag: tag ?? null,
    created_by_nova: false,
  }
  const row = port.device_id === '' ? await store.reserve(reservation, now()) : undefined
  if (!row) throw conflict(`Port ${portId} is still in use.`, { code: 'port_in_use' })
  return { row, port }
}

/** A new port, whose device is the row until the operation gives it to the server. */
async function madePort(
  options: InterfacesOptions,
  context: RequestContext,
  server: DeviceServer,
  { net_id: named, fixed_ips, tag }: AttachRequest,
): Promise<{ row: PortRow; port: NetworkPort }> {
  const { store, randomUUID, now } = options
  const neutron = options.network(context)
  const network_id = await chooseNetwork(neutron, server.project_id, named)
  const uuid = randomUUID()
  const reservation = {
    uuid,
    server_id: server.id,
    port_id: null,
    network_id,
    tag: tag ?? null,
    created_by_nova: true,
  }
  const row = (await store.reserve(reservation, now()))!
  const wish = {
    network_id,
    project_id: server.project_id,
    device_id: uuid,
    ...(fixed_ips ? { fixed_ips } : {}),
  }
  try {
    return { row, port: await neutron.createPort(wish) }
  } catch (error) {
    if (isRefusal(error)) await store.giveUp(uuid)
    else await giveBack(options, context, row)
    throw networkError(error, `Network ${network_id} could not be found.`)
  }
}

/** Deletes what was made for a reservation, and the reservation. If it cannot be done now, a conductor does it. */
async function giveBack(
  { store, network, logger }: InterfacesOptions,
  context: RequestContext,
  { uuid, created_by_nova: made }: PortRow,
): Promise<void> {
  try {
    // Whether the transaction took effect is unknown after a lost connection; what an operation has stays.
    const row = await store.byUuid(uuid)
    if (row?.reserved_at == null) return
    const neutron = network(context)
    for (const { id } of made ? await neutron.portsOf(uuid) : []) await neutron.deletePort(id)
    await store.giveUp(uuid)
  } catch (error) {
    logger.warn({ err: error, reservation: uuid }, 'the port is left to a conductor')
  }
}
