import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { errorType, testNeutron } from '../testing/neutron.ts'

const neutron = await testNeutron({ after })
const { ask, make, as, admin } = neutron
const member = as()
const stranger = as({ userName: 'eve', projectName: 'other' })
const v4 = (network_id: string, more: Record<string, unknown> = {}) => ({
  network_id,
  ip_version: 4,
  cidr: '10.0.0.0/24',
  ...more,
})
const tried = async (subnet: Record<string, unknown>) => {
  const answer = await ask('POST', '/v2.0/subnets', member, { subnet })
  return [answer.status, errorType(answer)]
}

describe('/v2.0/subnets', () => {
  test('a subnet has a gateway and all other addresses for ports, unless it says otherwise', async () => {
    const { id: network } = await make('network', {}, member)
    const made = await make('subnet', v4(network, { name: 's' }), member)
    const { id } = made
    assert.deepEqual(made, {
      id,
      name: 's',
      description: '',
      tenant_id: 'id-project-demo',
      project_id: 'id-project-demo',
      revision_number: 0,
      created_at: '2026-01-02T03:04:05Z',
      updated_at: '2026-01-02T03:04:05Z',
      network_id: network,
      ip_version: 4,
      cidr: '10.0.0.0/24',
      gateway_ip: '10.0.0.1',
      enable_dhcp: true,
      ipv6_ra_mode: null,
      ipv6_address_mode: null,
      allocation_pools: [{ start: '10.0.0.2', end: '10.0.0.254' }],
      dns_nameservers: [],
      host_routes: [],
      service_types: [],
      subnetpool_id: null,
    })
    const other = await make(
      'subnet',
      v4(network, {
        cidr: '10.0.1.0/28',
        gateway_ip: '10.0.1.5',
        dns_nameservers: ['1.1.1.1'],
        host_routes: [{ destination: '10.9.0.0/16', nexthop: '10.0.1.2' }],
      }),
    )
    assert.deepEqual(other['allocation_pools'], [
      { start: '10.0.1.1', end: '10.0.1.4' },
      { start: '10.0.1.6', end: '10.0.1.14' },
    ])
    const none = await make('subnet', v4(network, { cidr: '10.0.2.0/30', gateway_ip: null }))
    assert.deepEqual(
      [none['gateway_ip'], none['allocation_pools']],
      [null, [{ start: '10.0.2.1', end: '10.0.2.2' }]],
    )
    const v6 = await make('subnet', { network_id: network, ip_version: 6, cidr: 'FD00:0::/64' })
    assert.deepEqual(
      [v6['cidr'], v6['gateway_ip'], v6['allocation_pools']],
      ['fd00::/64', 'fd00::1', [{ start: 'fd00::2', end: 'fd00::ffff:ffff:ffff:ffff' }]],
    )
    const shown = (await ask('GET', `/v2.0/networks/${network}`, member)).body['network'] as {
      subnets: string[]
    }
    assert.deepEqual(new Set(shown.subnets), new Set([id, other.id, none.id, v6.id]))
    const listed = await ask('GET', `/v2.0/subnets?network_id=${network}&ip_version=6&fields=id`, member)
    assert.deepEqual(listed.body, { subnets: [{ id: v6.id }] })
  })

  test('refuses what is no subnet, with the status and the type of the original', async () => {
    const { id: network } = await make('network', {}, member)
    await make('subnet', v4(network))
    const pool = (start: string, end: string) => ({ start, end })
    for (const [more, status, type] of [
      [{}, 400, 'InvalidInput'],
      [{ cidr: '10.0.0.128/25' }, 400, 'InvalidInput'],
      [{ cidr: '10.1.0.1/24' }, 400, 'HTTPBadRequest'],
      [{ cidr: 'x' }, 400, 'HTTPBadRequest'],
      [{ cidr: 'fd00::/64' }, 400, 'InvalidInput'],
      [{ cidr: '0.0.0.0/0' }, 400, 'InvalidInput'],
      [{ gateway_ip: '10.1.0.0' }, 400, 'InvalidInput'],
      [{ gateway_ip: '10.1.0.255' }, 400, 'InvalidInput'],
      [{ gateway_ip: 'fd00::1' }, 400, 'InvalidInput'],
      [{ ipv6_ra_mode: 'slaac' }, 400, 'InvalidInput'],
      [{ allocation_pools: [pool('10.1.0.9', '10.1.0.2')] }, 400, 'InvalidAllocationPool'],
      [{ allocation_pools: [pool('10.1.0.9', '10.1.1.2')] }, 400, 'OutOfBoundsAllocationPool'],
      [{ allocation_pools: [pool('10.1.0.1', '10.1.0.2')] }, 409, 'GatewayConflictWithAllocationPools'],
      [
        { allocation_pools: [pool('10.1.0.2', '10.1.0.9'), pool('10.1.0.9', '10.1.0.12')] },
        409,
        'OverlappingAllocationPools',
      ],
      [{ network_id: '00000000-0000-0000-0000-000000000000' }, 404, 'NetworkNotFound'],
      [{ subnetpool_id: 'x' }, 400, 'HTTPBadRequest'],
    ] as const) {
      const cidr = Object.keys(more).length === 0 ? '10.0.0.0/24' : '10.1.0.0/24'
      assert.deepEqual(await tried(v4(network, { cidr, ...more })), [status, type], JSON.stringify(more))
    }
  })

  test('only who owns the network makes, changes and deletes subnets; everybody sees those of a shared one', async () => {
    const { id: network } = await make('network', { shared: true, project_id: 'id-project-demo' }, admin)
    const { id } = await make('subnet', v4(network), member)
    const url = `/v2.0/subnets/${id}`
    const refused = await ask('POST', '/v2.0/subnets', stranger, {
      subnet: v4(network, { cidr: '10.5.0.0/24' }),
    })
    assert.deepEqual([refused.status, errorType(refused)], [403, 'PolicyNotAuthorized'])
    assert.equal((await ask('GET', url, stranger)).status, 200)
    assert.equal((await ask('DELETE', url, stranger)).status, 403)
    await ask('PUT', `/v2.0/networks/${network}`, admin, { network: { shared: false } })
    assert.equal((await ask('GET', url, stranger)).status, 404)
    assert.deepEqual((await ask('GET', '/v2.0/subnets', stranger)).body, { subnets: [] })
  })

  test('what a subnet says may change, while nobody uses what is changed', async () => {
    const { id: network } = await make('network', {}, member)
    const { id } = await make('subnet', v4(network), member)
    const url = `/v2.0/subnets/${id}`
    const change = async (subnet: Record<string, unknown>) => {
      const answer = await ask('PUT', url, member, { subnet })
      return [answer.status, errorType(answer)]
    }
    const pools = [{ start: '10.0.0.10', end: '10.0.0.19' }]
    assert.deepEqual(await change({ gateway_ip: '10.0.0.9' }), [409, 'GatewayConflictWithAllocationPools'])
    assert.deepEqual(await change({ gateway_ip: '10.0.0.9', allocation_pools: pools, enable_dhcp: false }), [
      200,
      undefined,
    ])
    assert.deepEqual(await change({ cidr: '10.0.0.0/25' }), [400, 'HTTPBadRequest'])
    await make('port', { network_id: network, fixed_ips: [{ ip_address: '10.0.0.9' }] })
    assert.deepEqual(await change({ gateway_ip: null }), [409, 'GatewayIpInUse'])
    const used = await ask('DELETE', url, member)
    assert.deepEqual([used.status, errorType(used)], [409, 'SubnetInUse'])
    const { ports } = (await ask('GET', `/v2.0/ports?network_id=${network}`, member)).body as {
      ports: { id: string }[]
    }
    await ask('DELETE', `/v2.0/ports/${ports[0]!.id}`, member)
    assert.deepEqual(await change({ gateway_ip: null }), [200, undefined])
    assert.equal((await ask('DELETE', url, member)).status, 204)
    assert.equal((await ask('GET', url, member)).status, 404)
  })
})
