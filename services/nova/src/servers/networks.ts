import { EmptyCatalog, EndpointNotFound, HttpError } from '@longhaul/keystoneauth'
import { badRequest, conflict } from '@longhaul/oslo/api'
import type { Transaction } from 'kysely'
import { availableNetworks } from '../available-networks.ts'
import type { NovaTables } from '../db/tables.ts'
import { networkError } from '../network-errors.ts'
import type { NetworkClient } from '../neutron.ts'
import type { WantedPort } from '../operations/allocate-ports.ts'
import type { CreateServerRequest } from './schema.ts'

/** An interface that a new server is to have. */
export interface WantedInterface {
  networkId: string
  /** Of a user; absent: one is made. */
  portId?: string
  address?: string
  tag?: string
}

type Neutron = Pick<NetworkClient, 'network' | 'networks' | 'port'>

/**
 * Looks at the networks and ports that a request names. One that names none gets the only network of the project, if there
 * is one.
 *
 * @throws ApiError 400 for networks and ports that do not exist or are another project's; 409 for a port that is in use, and
 *   if it is not clear which network is meant; 401, 403, 503 of the Networking service
 * @see openstack/nova nova/network/neutron.py, validate_networks
 */
export async function wantedInterfaces(
  neutron: Neutron,
  projectId: string,
  { networks: asked = 'auto', max_count: count = 1, min_count: least = count }: CreateServerRequest,
): Promise<WantedInterface[]> {
  if (asked === 'none') return []
  if (asked === 'auto' || asked.length === 0) return await onlyNetwork(neutron, projectId)
  if (Math.max(count, least) > 1 && asked.some(({ port }) => port)) {
    throw badRequest(
      'Failed to launch multiple instances with a single configured port ID. Please launch your instance one by one with different ports.',
      { code: 'port_for_several' },
    )
  }
  const wanted: WantedInterface[] = []
  for (const { port, uuid, fixed_ip: address, tag } of asked) {
    const named = { ...(address === undefined ? {} : { address }), ...(tag === undefined ? {} : { tag }) }
    if (port) wanted.push({ ...(await portOfUser(neutron, projectId, port)), ...named })
    else {
      await neutron.network(uuid!).catch(refusal(`Network ${uuid} could not be found.`))
      wanted.push({ networkId: uuid!, ...named })
    }
  }
  return wanted
}

async function onlyNetwork(neutron: Neutron, projectId: string): Promise<WantedInterface[]> {
  const found = await availableNetworks(neutron, projectId).catch((error: unknown) => {
    // A cloud without networks.
    if (error instanceof EndpointNotFound || error instanceof EmptyCatalog) return []
    throw networkError(error, 'The networks could not be found.')
  })
  if (found.length <= 1) return found.map((networkId) => ({ networkId }))
  throw conflict('Multiple possible networks found, use a Network ID to be more specific.', {
    code: 'network_ambiguous',
  })
}

async function portOfUser(neutron: Neutron, projectId: string, portId: string) {
  const port = await neutron.port(portId).catch(refusal(`Port id ${portId} could not be found.`))
  if (port.project_id !== projectId) {
    throw badRequest(`Port ${portId} not usable for the instance.`, { code: 'port_not_usable' })
  }
  if (port.device_id !== '') throw portInUse(portId)
  return { networkId: port.network_id, portId }
}

/** Of what the request names, so that it is the request that is wrong. */
function refusal(missing: string) {
  return (error: unknown): never => {
    if (error instanceof HttpError && error.status === 404) {
      throw badRequest(missing, { code: 'network_not_found', cause: error })
    }
    throw networkError(error, missing)
  }
}

function portInUse(portId: string) {
  return conflict(`Port ${portId} is still in use.`, { code: 'port_in_use' })
}

/**
 * Writes the ports of a new server, which the operation that builds it makes and binds.
 *
 * @returns what the operation is told
 * @throws ApiError 409 for a port that another server has got since
 */
export async function insertPorts(
  trx: Transaction<NovaTables>,
  serverId: string,
  interfaces: readonly WantedInterface[],
  { randomUUID, at }: { randomUUID: () => string; at: Date },
): Promise<WantedPort[]> {
  const ports: WantedPort[] = []
  for (const { networkId, portId = null, address, tag = null } of interfaces) {
    const uuid = randomUUID()
    const row = { uuid, server_id: serverId, port_id: portId, network_id: networkId, tag }
    const { numInsertedOrUpdatedRows: written } = await trx
      .insertInto('server_ports')
      .values({ ...row, created_by_nova: portId === null, reserved_at: null, created_at: at, updated_at: at })
      .onConflict((conflicting) => conflicting.column('port_id').doNothing())
      .executeTakeFirstOrThrow()
    if (written !== 1n) throw portInUse(portId ?? uuid)
    ports.push({ uuid, networkId, portId, ...(address === undefined ? {} : { address }) })
  }
  return ports
}
