import { randomUUID } from 'node:crypto'
import fastify, { type FastifyRequest } from 'fastify'

export interface FakeBinding {
  host: string
  status: 'ACTIVE' | 'INACTIVE'
  vif_type: string
  vif_details: Record<string, unknown>
}

export interface FakePort {
  id: string
  network_id: string
  project_id: string
  device_id: string
  device_owner: string
  status: string
  mac_address: string
  fixed_ips: { subnet_id: string; ip_address: string }[]
  bindings: FakeBinding[]
  revision_number: number
}

/** A request that a fake Networking service received. */
export interface NetworkCall {
  method: string
  /** Relative to the version. */
  path: string
  userToken: string | undefined
  serviceToken: string | undefined
  /** Of the request that it was made for. */
  requestId: string | undefined
}

/** A Networking service in memory, with several bindings of a port, which members of projects neither see nor make. */
export interface FakeNeutron {
  url: string
  networks: Map<string, { id: string; name: string; project_id: string; mtu: number }>
  ports: Map<string, FakePort>
  calls: NetworkCall[]
  /** Tokens of who is no administrator. */
  members: Set<string | undefined>
  /** User tokens that have expired: taken beside a service token only. */
  expired: Set<string | undefined>
  /** Status with which calls are refused; undefined: none is. */
  refuse: ((call: NetworkCall) => number | undefined) | undefined
  /** Whether what was asked is done and the answer lost. */
  lose: ((call: NetworkCall) => boolean) | undefined
  /** Hosts that no port can be bound to. */
  unwired: Set<string>
  /** A network of the project demo. @returns its id */
  network(name?: string): string
  /** A port on a network that nobody has. @returns its id */
  port(networkId: string, more?: Partial<FakePort>): string
  close(): Promise<void>
}

class Refusal extends Error {
  readonly status: number
  readonly type: string

  constructor(status: number, type: string, message: string) {
    super(message)
    this.status = status
    this.type = type
  }
}

/** Starts a fake Networking service on loopback. */
export async function fakeNeutron(): Promise<FakeNeutron> {
  const app = fastify({ forceCloseConnections: true })
  const neutron: FakeNeutron = {
    url: '',
    networks: new Map(),
    ports: new Map(),
    calls: [],
    members: new Set(),
    expired: new Set(),
    refuse: undefined,
    lose: undefined,
    unwired: new Set(),
    network(name = 'private') {
      const id = randomUUID()
      neutron.networks.set(id, { id, name, project_id: 'id-project-demo', mtu: 1400 })
      return id
    },
    port(network_id, more) {
      const id = randomUUID()
      const at = neutron.ports.size + 10
      neutron.ports.set(id, {
        id,
        network_id,
        project_id: 'id-project-demo',
        device_id: '',
        device_owner: '',
        status: 'DOWN',
        mac_address: `fa:16:3e:00:00:${at.toString(16).padStart(2, '0')}`,
        fixed_ips: [{ subnet_id: network_id, ip_address: `10.0.0.${at}` }],
        bindings: [],
        revision_number: 1,
        ...more,
      })
      return id
    },
    close: () => app.close(),
  }
  const { networks, ports } = neutron
  const portOf = (id: string) => found(ports.get(id), 'PortNotFound', `Port ${id} could not be found.`)
  const networkOf = (id: string) =>
    found(networks.get(id), 'NetworkNotFound', `Network ${id} could not be found.`)
  const bound = (host: string, status: FakeBinding['status']): FakeBinding => {
    if (neutron.unwired.has(host)) return { host, status, vif_type: 'binding_failed', vif_details: {} }
    return { host, status, vif_type: 'dgram', vif_details: { host: '127.0.0.1', port: 4789, of: host } }
  }
  const bindingOf = (port: FakePort, host: string) =>
    found(
      port.bindings.find((one) => one.host === host),
      'PortBindingNotFound',
      `Binding for port ${port.id} for host ${host} could not be found.`,
    )
  const shown = ({ bindings, ...port }: FakePort, token: unknown) => {
    if (neutron.members.has(token as string)) return port
    const active = bindings.find((one) => one.status === 'ACTIVE')
    return {
      ...port,
      'binding:host_id': active?.host ?? '',
      'binding:vif_type': active?.vif_type ?? 'unbound',
      'binding:vif_details': active?.vif_details ?? {},
      'binding:vnic_type': 'normal',
    }
  }

  app.setErrorHandler((error, _request, reply) => {
    const { status = 500, type = 'HTTPInternalServerError' } = error as Partial<Refusal>
    const { message } = error as Error
    return reply.code(status).send({ NeutronError: { type, message, detail: '' } })
  })
  const callOf = (request: FastifyRequest): NetworkCall => ({
    method: request.method,
    path: request.url.replace(/^\/v2\.0/, ''),
    userToken: request.headers['x-auth-token']?.toString(),
    serviceToken: request.headers['x-service-token']?.toString(),
    requestId: request.headers['x-openstack-request-id']?.toString(),
  })
  app.addHook('onSend', async (request, reply, payload) => {
    if (neutron.lose?.(callOf(request))) reply.code(503)
    return payload
  })
  app.addHook('preHandler', async (request) => {
    const call = callOf(request)
    neutron.calls.push(call)
    const late = neutron.expired.has(call.userToken) && call.serviceToken === undefined
    const status = late ? 401 : neutron.refuse?.(call)
    if (status !== undefined) throw new Refusal(status, 'Refused', 'The request is refused.')
    const admins = /\/bindings/.test(call.path) || /"binding:/.test(JSON.stringify(request.body ?? {}))
    if (admins && neutron.members.has(call.userToken)) {
      throw new Refusal(403, 'PolicyNotAuthorized', 'rule:update_port is disallowed by policy')
    }
  })

  type One = { Params: { id: string; host: string } }
  app.get<One>('/v2.0/networks/:id', async ({ params }) => ({ network: networkOf(params.id) }))
  app.get('/v2.0/networks', async () => ({ networks: [...networks.values()] }))
  app.get<{ Querystring: { device_id: string } }>('/v2.0/ports', async ({ query, headers }) => ({
    ports: [...ports.values()]
      .filter((port) => port.device_id === query.device_id)
      .map((port) => shown(port, headers['x-auth-token'])),
  }))
  app.get<One>('/v2.0/ports/:id', async ({ params, headers }) => ({
    port: shown(portOf(params.id), headers['x-auth-token']),
  }))
  app.post<{
    Body: { port: { network_id: string; device_id: string; fixed_ips?: { ip_address: string }[] } }
  }>('/v2.0/ports', async ({ body, headers }, reply) => {
    const { network_id, device_id, fixed_ips } = body.port
    networkOf(network_id)
    const asked = fixed_ips?.map(({ ip_address }) => ({ subnet_id: network_id, ip_address }))
    const taken = [...ports.values()].flatMap((port) => port.fixed_ips.map((one) => one.ip_address))
    if (asked?.some(({ ip_address }) => taken.includes(ip_address))) {
      throw new Refusal(409, 'IpAddressAlreadyAllocated', 'IP address already allocated in subnet')
    }
    const id = neutron.port(network_id, { device_id, ...(asked ? { fixed_ips: asked } : {}) })
    return reply.code(201).send({ port: shown(portOf(id), headers['x-auth-token']) })
  })
  app.put<One & { Body: { port: Partial<FakePort> & { 'binding:host_id'?: string | null } } }>(
    '/v2.0/ports/:id',
    async ({ params, body, headers }) => {
      const port = portOf(params.id)
      const { 'binding:host_id': host, ...changes } = body.port
      const wanted = headers['if-match']
      if (wanted !== undefined && wanted !== `revision_number=${port.revision_number}`) {
        throw new Refusal(412, 'RevisionNumberConstraintFailed', 'Constrained to another revision')
      }
      Object.assign(port, changes, { revision_number: port.revision_number + 1 })
      if (host !== undefined) {
        const others = port.bindings.filter((one) => one.status !== 'ACTIVE' && one.host !== host)
        port.bindings = !host ? others : [bound(host, 'ACTIVE'), ...others]
      }
      return { port: shown(port, headers['x-auth-token']) }
    },
  )
  app.delete<One>('/v2.0/ports/:id', async ({ params }, reply) => {
    ports.delete(portOf(params.id).id)
    return reply.code(204).send()
  })
  app.get<One>('/v2.0/ports/:id/bindings', async ({ params }) => ({ bindings: portOf(params.id).bindings }))
  app.post<One & { Body: { binding: { host: string } } }>(
    '/v2.0/ports/:id/bindings',
    async ({ params, body }, reply) => {
      const port = portOf(params.id)
      const { host } = body.binding
      if (port.bindings.some((one) => one.host === host)) {
        throw new Refusal(409, 'PortBindingAlreadyExists', `Binding for port ${port.id} already exists.`)
      }
      const active = port.bindings.some((one) => one.status === 'ACTIVE')
      const binding = bound(host, active ? 'INACTIVE' : 'ACTIVE')
      if (binding.vif_type === 'binding_failed') {
        throw new Refusal(500, 'PortBindingError', `Binding for port ${port.id} could not be created.`)
      }
      port.bindings.push(binding)
      return reply.code(201).send({ binding })
    },
  )
  app.get<One>('/v2.0/ports/:id/bindings/:host', async ({ params }) => ({
    binding: bindingOf(portOf(params.id), params.host),
  }))
  app.put<One>('/v2.0/ports/:id/bindings/:host/activate', async ({ params }) => {
    const port = portOf(params.id)
    const binding = bindingOf(port, params.host)
    if (binding.status === 'ACTIVE') {
      throw new Refusal(409, 'PortBindingAlreadyActive', `Binding for port ${port.id} is already active.`)
    }
    for (const one of port.bindings) one.status = one === binding ? 'ACTIVE' : 'INACTIVE'
    return { binding }
  })
  app.delete<One>('/v2.0/ports/:id/bindings/:host', async ({ params }, reply) => {
    const port = portOf(params.id)
    const gone = bindingOf(port, params.host)
    port.bindings = port.bindings.filter((one) => one !== gone)
    return reply.code(204).send()
  })

  neutron.url = await app.listen({ host: '127.0.0.1', port: 0 })
  return neutron
}

function found<T>(thing: T | undefined, type: string, message: string): T {
  if (thing === undefined) throw new Refusal(404, type, message)
  return thing
}
