import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { errorType, testNeutron } from '../testing/neutron.ts'

const neutron = await testNeutron({ after })
const { ask, make, as, admin, service } = neutron
const member = as()
const stranger = as({ userName: 'eve', projectName: 'other' })

type Port = Record<string, unknown> & { id: string; fixed_ips: { subnet_id: string; ip_address: string }[] }

async function network(cidr = '10.0.0.0/24', subnet: Record<string, unknown> = {}) {
  const { id: network_id } = await make('network', {}, member)
  const { id: subnet_id } = await make('subnet', { network_id, ip_version: 4, cidr, ...subnet }, member)
  const port = async (more: Record<string, unknown> = {}, who = member) =>
    (await make('port', { network_id, ...more }, who)) as Port
  const tried = async (more: Record<string, unknown>, who = member) => {
    const answer = await ask('POST', '/v2.0/ports', who, { port: { network_id, ...more } })
    return [answer.status, errorType(answer)]
  }
  return { network_id, subnet_id, port, tried }
}

describe('/v2.0/ports', () => {
  test('a port has an address of its network and a MAC address of its own', async () => {
    const { network_id, subnet_id, port } = await network()
    const made = await port({ name: 'p', device_id: 'd', device_owner: 'compute:nova' })
    const { id, mac_address, fixed_ips } = made
    assert.match(String(mac_address), /^fa:16:3e(:[0-9a-f]{2}){3}$/)
    assert.match(fixed_ips[0]!.ip_address, /^10\.0\.0\.\d+$/)
    assert.deepEqual(made, {
      id,
      name: 'p',
      description: '',
      tenant_id: 'id-project-demo',
      project_id: 'id-project-demo',
      revision_number: 0,
      created_at: '2026-01-02T03:04:05Z',
      updated_at: '2026-01-02T03:04:05Z',
      network_id,
      mac_address,
      admin_state_up: true,
      status: 'DOWN',
      device_id: 'd',
      device_owner: 'compute:nova',
      fixed_ips: [{ subnet_id, ip_address: fixed_ips[0]!.ip_address }],
      allowed_address_pairs: [],
      security_groups: [],
      'binding:vnic_type': 'normal',
    })
    const seen = (await ask('GET', `/v2.0/ports/${id}`, service)).body['port'] as Port
    assert.deepEqual(
      [
        seen['binding:host_id'],
        seen['binding:vif_type'],
        seen['binding:vif_details'],
        seen['binding:profile'],
      ],
      ['', 'unbound', {}, {}],
    )
    assert.equal((await ask('GET', `/v2.0/ports/${id}`, stranger)).status, 404)
    assert.equal((await ask('DELETE', `/v2.0/ports/${id}`, stranger)).status, 404)
    assert.equal((await ask('DELETE', `/v2.0/ports/${id}`, member)).status, 204)
    assert.equal((await ask('DELETE', `/v2.0/ports/${id}`, member)).status, 404)
  })

  test('ports that are made at the same time never share an address, and the last one gets none', async () => {
    const { tried, network_id } = await network('10.0.0.0/28')
    const results = await Promise.all(Array.from({ length: 14 }, () => tried({})))
    assert.equal(results.filter(([status]) => status === 201).length, 13)
    assert.ok(results.some(([, type]) => type === 'IpAddressGenerationFailure'))
    const { ports } = (await ask('GET', `/v2.0/ports?network_id=${network_id}`, member)).body as {
      ports: Port[]
    }
    const addresses = ports.map((port) => port.fixed_ips[0]!.ip_address)
    assert.equal(new Set(addresses).size, 13)
    assert.equal(new Set(ports.map((port) => port['mac_address'])).size, 13)
  })

  test('addresses are chosen by wish', async () => {
    const { network_id, subnet_id, port, tried } = await network()
    const second = await make('subnet', { network_id, ip_version: 4, cidr: '10.1.0.0/24' }, member)
    const named = await port({ fixed_ips: [{ ip_address: '10.0.0.7' }, { subnet_id: second.id }] })
    assert.deepEqual(named.fixed_ips[0], { subnet_id, ip_address: '10.0.0.7' })
    assert.equal(named.fixed_ips[1]!.subnet_id, second.id)
    assert.deepEqual((await port({ fixed_ips: [] })).fixed_ips, [])
    const foreign = await network()
    for (const [fixed_ips, status, type] of [
      [[{ ip_address: '10.0.0.7' }], 409, 'IpAddressAlreadyAllocated'],
      [[{ ip_address: '10.9.0.7' }], 400, 'InvalidIpForNetwork'],
      [[{ ip_address: '10.0.0.0' }], 400, 'InvalidIpForSubnet'],
      [[{ ip_address: '10.0.0.8', subnet_id: second.id }], 400, 'InvalidIpForSubnet'],
      [[{ subnet_id: foreign.subnet_id }], 400, 'InvalidInput'],
      [[{}], 400, 'HTTPBadRequest'],
      [[{ ip_address: '10.0.0.300' }], 400, 'HTTPBadRequest'],
    ] as const) {
      assert.deepEqual(await tried({ fixed_ips }), [status, type], JSON.stringify(fixed_ips))
    }
    const url = `/v2.0/ports/${named.id}`
    const moved = await ask('PUT', url, member, {
      port: { fixed_ips: [{ subnet_id: second.id }, { ip_address: '10.0.0.8' }] },
    })
    const { fixed_ips } = moved.body['port'] as Port
    assert.deepEqual(
      new Set(fixed_ips.map((one) => one.ip_address)),
      new Set(['10.0.0.8', named.fixed_ips[1]!.ip_address]),
    )
    const found = async (query: string) =>
      (
        (await ask('GET', `/v2.0/ports?network_id=${network_id}&${query}`, member)).body['ports'] as Port[]
      ).map(({ id }) => id)
    assert.deepEqual(await found('fixed_ips=ip_address%3D10.0.0.8'), [named.id])
    assert.deepEqual(await found(`fixed_ips=subnet_id%3D${second.id}`), [named.id])
    assert.deepEqual(await found('fixed_ips=ip_address%3D10.0.0.7'), [])
    assert.deepEqual(await found('security_groups=x'), [])
  })

  test('in IPv6 a guest gives itself the address that the port shows', async () => {
    const { port } = await network('fd00::/64', {
      ip_version: 6,
      ipv6_ra_mode: 'slaac',
      ipv6_address_mode: 'slaac',
    })
    const made = await port({ mac_address: 'FA-16-3E-00-00-01' })
    assert.equal(made['mac_address'], 'fa:16:3e:00:00:01')
    assert.equal(made.fixed_ips[0]!.ip_address, 'fd00::f816:3eff:fe00:1')
  })

  test("a MAC address is nobody else's in its network", async () => {
    const { tried, port } = await network()
    const mac_address = 'fa:16:3e:00:00:02'
    const { id } = await port({ mac_address })
    assert.deepEqual(await tried({ mac_address }), [409, 'MacAddressInUse'])
    assert.deepEqual(await tried({ mac_address: 'ff:ff:ff:ff:ff:ff' }), [400, 'HTTPBadRequest'])
    const other = await port()
    const change = { port: { mac_address } }
    const refused = await ask('PUT', `/v2.0/ports/${other.id}`, admin, change)
    assert.equal(errorType(refused), 'MacAddressInUse')
    assert.equal((await ask('PUT', `/v2.0/ports/${id}`, member, change)).status, 403)
  })

  test('who may write what', async () => {
    const { port, tried, network_id, subnet_id } = await network()
    for (const attributes of [
      { 'binding:host_id': 'h1' },
      { 'binding:profile': { a: 1 } },
      { device_owner: 'network:dhcp', project_id: 'id-project-demo' },
    ]) {
      const isOwn = 'device_owner' in attributes
      assert.deepEqual(await tried(attributes), isOwn ? [201, undefined] : [403, 'PolicyNotAuthorized'])
    }
    assert.deepEqual(await tried({ 'binding:profile': { a: 1 } }, admin), [403, 'PolicyNotAuthorized'])
    await ask('PUT', `/v2.0/networks/${network_id}`, admin, { network: { shared: true } })
    for (const [attributes, status] of [
      [{ fixed_ips: [{ subnet_id }] }, 201],
      [{ fixed_ips: [{ ip_address: '10.0.0.99' }] }, 403],
      [{ mac_address: 'fa:16:3e:00:00:09' }, 403],
      [{ device_owner: 'network:dhcp' }, 403],
      [{ allowed_address_pairs: [{ ip_address: '10.0.0.5' }] }, 403],
      [{}, 201],
    ] as const) {
      assert.equal((await tried(attributes, stranger))[0], status, JSON.stringify(attributes))
    }
    const own = await port({ allowed_address_pairs: [{ ip_address: '10.7.0.0/16' }] })
    assert.deepEqual(own['allowed_address_pairs'], [
      { ip_address: '10.7.0.0/16', mac_address: own['mac_address'] },
    ])
    assert.deepEqual(await tried({ security_groups: ['default'] }), [404, 'SecurityGroupNotFound'])
    assert.deepEqual(await tried({ port_security_enabled: false }), [400, 'HTTPBadRequest'])
  })

  test('nova is told of changes of the ports of servers, and of no others', async () => {
    const { port } = await network()
    const device_id = '7a9c1a40-6c5e-4b7b-9a55-111111111111'
    const { id } = await port({ device_id, device_owner: 'compute:nova' })
    const other = await port({ device_id, device_owner: 'network:dhcp' })
    neutron.events.length = 0
    for (const one of [id, other.id]) {
      await ask('PUT', `/v2.0/ports/${one}`, member, { port: { name: 'x' } })
      await ask('DELETE', `/v2.0/ports/${one}`, member)
    }
    const event = (name: string) => ({ name, server_uuid: device_id, tag: id, status: 'completed' })
    assert.deepEqual(neutron.events, [event('network-changed'), event('network-vif-deleted')])
  })
})
