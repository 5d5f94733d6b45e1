import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { after, test } from 'node:test'
import { brokenBodies, oddTexts, pathOf, routesOf, variants } from '@longhaul/oslo/testing'
import { testNeutron } from './testing/neutron.ts'

const queries = [
  '?limit=%ff',
  '?limit=1e3',
  '?limit=1&limit=x',
  '?limit=1&marker=%00',
  '?sort_key=%00',
  '?sort_key=id&sort_key=__proto__',
  '?name=%ed%a0%80',
  '?name=%00',
  '?fixed_ips=%00',
  '?fixed_ips=ip_address%3D%27&fixed_ips=x',
  '?fixed_ips=ip_address_substr%3D%25',
  '?mtu=99999999999999999999',
  '?revision_number=x',
  '?admin_state_up=maybe',
  '?fields=__proto__',
  '?__proto__=x',
  '?hasOwnProperty=x',
  '?since=-1',
  '?wait=100000',
  '?page_reverse=%00',
  '?%',
]

test('no bad input is a failure of the service', async () => {
  const neutron = await testNeutron({ after })
  const { make, agent, service, admin, ask } = neutron
  const everything = {
    ...neutron.as({
      userName: 'all',
      projectName: 'demo',
      roleNames: ['admin', 'service', 'member', 'reader', 'neutron-l2-agent'],
    }),
  }
  const place = { local_ip: '127.0.0.1', first_port: 1, last_port: 9, link: '127.0.0.1:1', plugged: [] }
  await ask('PUT', '/internal/v1/hosts/h', agent, place)
  const { id: network_id } = await make('network', {}, admin)
  const { id: subnet_id } = await make('subnet', { network_id, ip_version: 4, cidr: '10.0.0.0/16' }, admin)
  const server = { network_id, device_id: 'd', device_owner: 'compute:nova' }
  const { id: port } = await make('port', server, admin)
  await ask('PUT', `/v2.0/ports/${port}`, service, { port: { 'binding:host_id': 'h' } })
  const bodies: Record<string, unknown> = {
    '/v2.0/networks': {
      network: { name: 'n', mtu: 1500, shared: false, admin_state_up: true, project_id: 'p' },
    },
    '/v2.0/subnets': {
      subnet: {
        network_id,
        ip_version: 6,
        cidr: 'fd00::/64',
        gateway_ip: 'fd00::1',
        allocation_pools: [{ start: 'fd00::2', end: 'fd00::9' }],
        dns_nameservers: ['1.1.1.1'],
        host_routes: [{ destination: 'fd01::/64', nexthop: 'fd00::5' }],
        enable_dhcp: true,
        ipv6_ra_mode: 'slaac',
      },
    },
    '/v2.0/ports': {
      port: {
        network_id,
        name: 'p',
        mac_address: 'fa:16:3e:00:00:01',
        fixed_ips: [{ subnet_id, ip_address: '10.0.0.9' }],
        allowed_address_pairs: [{ ip_address: '10.0.0.9', mac_address: 'fa:16:3e:00:00:01' }],
        security_groups: [],
        'binding:host_id': 'h',
        'binding:profile': { a: 1 },
        'binding:vnic_type': 'normal',
      },
    },
    '/v2.0/ports/:port_id/bindings': { binding: { host: 'h2', profile: { a: 1 }, vnic_type: 'normal' } },
    '/v2.0/quotas/:project_id': { quota: { network: 1, subnet: 1, port: -1 } },
    '/internal/v1/hosts/:host': place,
  }
  const url = await neutron.app.listen({ host: '127.0.0.1', port: 0 })
  let asked = 0
  const send = async (
    method: string,
    path: string,
    body?: string | Buffer,
    extra: Record<string, string> = {},
  ) => {
    const sent = httpRequest(`${url}${path}`, {
      method,
      headers: {
        ...everything,
        ...extra,
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
      },
    })
    sent.end(body)
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    const text = Buffer.concat((await response.toArray()) as Buffer[]).toString()
    const status = response.statusCode ?? 0
    const question = `${method} ${path.slice(0, 100)} ${String(body).slice(0, 200)}`
    const type =
      status < 400 ? '' : (JSON.parse(text) as { NeutronError: { type: string } }).NeutronError.type
    assert.ok(status < 500 || type === 'PortBindingError', `${status} to ${question}: ${text}`)
    asked++
  }
  const routes = (await routesOf(neutron.app)).filter(({ path }) => /^\/(v2\.0\/|internal)/.test(path))
  assert.ok(routes.length > 25)
  for (const route of routes) {
    const parameters = { id: 'none', port_id: port, host: 'h', project_id: 'p', alias: 'x' }
    const path = pathOf(route, parameters)
    if (route.method === 'POST' || route.method === 'PUT') {
      const body = bodies[route.path]
      for (const broken of brokenBodies('network')) await send(route.method, path, broken)
      for (const variant of variants(body)) await send(route.method, path, JSON.stringify(variant))
    } else {
      for (const query of queries) await send(route.method, path + query)
      await send(route.method, path, undefined, { 'if-match': 'revision_number=' })
    }
    if (!route.path.includes(':')) continue
    for (const odd of oddTexts) {
      await send(
        route.method,
        pathOf(route, { id: odd, port_id: odd, host: odd, project_id: odd, alias: odd }),
      )
      await send(route.method, pathOf(route, { ...parameters, host: odd }))
    }
  }
  // Changes of what exists are read by other schemas than the making of it.
  for (const [path, name] of [
    [`/v2.0/networks/${network_id}`, 'network'],
    [`/v2.0/subnets/${subnet_id}`, 'subnet'],
    [`/v2.0/ports/${port}`, 'port'],
  ] as const) {
    const {
      network_id: _network,
      cidr: _cidr,
      ip_version: _version,
      ipv6_ra_mode: _mode,
      project_id: _project,
      ...rest
    } = (bodies[`/v2.0/${name}s`] as Record<string, Record<string, unknown>>)[name]!
    for (const variant of variants({ [name]: rest })) await send('PUT', path, JSON.stringify(variant))
  }
  assert.ok(asked > 1500, String(asked))
})
