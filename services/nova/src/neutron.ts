import { Conflict, NotFound, type Adapter } from '@longhaul/keystoneauth'

/** What nova reads of a port. */
export interface NetworkPort {
  id: string
  network_id: string
  project_id: string
  /** Server; empty: nobody has it. */
  device_id: string
  device_owner: string
  status: string
  mac_address: string
  fixed_ips: FixedIp[]
  revision_number: number
  /** Shown to administrators and services only, as what follows. */
  'binding:host_id'?: string
  'binding:vif_type'?: string
  'binding:vif_details'?: Record<string, unknown>
  'binding:vnic_type'?: string
}

export interface FixedIp {
  subnet_id: string
  ip_address: string
}

/** A port on a host. */
export interface PortBinding {
  host: string
  status: 'ACTIVE' | 'INACTIVE'
  vif_type: string
  vif_details: Record<string, unknown>
}

export interface Network {
  id: string
  name: string
  /** Bytes. */
  mtu?: number
}

/** A port to be made. */
export interface NewPort {
  network_id: string
  project_id: string
  device_id: string
  fixed_ips?: { ip_address: string }[]
}

export interface PortChanges {
  device_id?: string
  device_owner?: string
  /** Null: none. */
  'binding:host_id'?: string | null
}

/**
 * The Networking service, as the holder of the adapter's auth. Errors are keystoneauth's.
 *
 * @see Networking API v2.0; openstack/nova nova/network/neutron.py
 */
export class NetworkClient {
  readonly #adapter: Adapter

  constructor(adapter: Adapter) {
    this.#adapter = adapter
  }

  async network(id: string): Promise<Network> {
    const answer = await this.#adapter.get(`/v2.0/networks/${id}`)
    return (await answer.json<{ network: Network }>()).network
  }

  /** @param query what they have in common */
  async networks(query: Record<string, string>): Promise<Network[]> {
    const answer = await this.#adapter.get('/v2.0/networks', { query })
    return (await answer.json<{ networks: Network[] }>()).networks
  }

  async port(id: string): Promise<NetworkPort> {
    const answer = await this.#adapter.get(`/v2.0/ports/${encodeURIComponent(id)}`)
    return (await answer.json<{ port: NetworkPort }>()).port
  }

  async portsOf(deviceId: string): Promise<NetworkPort[]> {
    const answer = await this.#adapter.get('/v2.0/ports', { query: { device_id: deviceId } })
    return (await answer.json<{ ports: NetworkPort[] }>()).ports
  }

  async createPort(port: NewPort): Promise<NetworkPort> {
    const answer = await this.#adapter.post('/v2.0/ports', { json: { port } })
    return (await answer.json<{ port: NetworkPort }>()).port
  }

  /** @param revision the one that is changed; another one is refused with 412. Absent: whichever it is */
  async updatePort(id: string, port: PortChanges, revision?: number): Promise<NetworkPort> {
    const only = revision === undefined ? {} : { headers: { 'If-Match': `revision_number=${revision}` } }
    const answer = await this.#adapter.put(`/v2.0/ports/${id}`, { json: { port }, ...only })
    return (await answer.json<{ port: NetworkPort }>()).port
  }

  /** One that is gone is fine. */
  async deletePort(id: string): Promise<void> {
    await unless(NotFound, this.#adapter.delete(`/v2.0/ports/${id}`))
  }

  async bindings(portId: string): Promise<PortBinding[]> {
    const answer = await this.#adapter.get(`/v2.0/ports/${portId}/bindings`)
    return (await answer.json<{ bindings: PortBinding[] }>()).bindings
  }

  /** Beside another one it is inactive. One that is there for the host is taken. */
  async createBinding(portId: string, host: string): Promise<PortBinding> {
    const json = { binding: { host } }
    try {
      const answer = await this.#adapter.post(`/v2.0/ports/${portId}/bindings`, { json })
      return (await answer.json<{ binding: PortBinding }>()).binding
    } catch (error) {
      if (!(error instanceof Conflict)) throw error
      return await this.binding(portId, host)
    }
  }

  async binding(portId: string, host: string): Promise<PortBinding> {
    const answer = await this.#adapter.get(bindingPath(portId, host))
    return (await answer.json<{ binding: PortBinding }>()).binding
  }

  /** One that is active is fine; the one that was active before is inactive afterwards. */
  async activateBinding(portId: string, host: string): Promise<void> {
    await unless(Conflict, this.#adapter.put(`${bindingPath(portId, host)}/activate`))
  }

  /** One that is gone is fine. */
  async deleteBinding(portId: string, host: string): Promise<void> {
    await unless(NotFound, this.#adapter.delete(bindingPath(portId, host)))
  }
}

function bindingPath(portId: string, host: string): string {
  return `/v2.0/ports/${portId}/bindings/${encodeURIComponent(host)}`
}

async function unless(fine: typeof NotFound | typeof Conflict, work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof fine)) throw error
  }
}
