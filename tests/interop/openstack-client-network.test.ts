// Debian's python3-openstackclient, unmodified, and the networks of a cloud of ours.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { TestCloud } from '../cloud/test-cloud.ts'
import { forms, type Expected } from './like.ts'
import { words, type OpenStackClient } from './openstack-client.ts'
import { startOpenStackCloud } from './openstack-cloud.ts'

const { id, uuid, time } = forms
const mac = /^fa:16:3e(:[0-9a-f]{2}){3}$/
const server = '7a9c1a40-6c5e-4b7b-9a55-222222222222'

let cloud: TestCloud
let admin: OpenStackClient
let demo: OpenStackClient

before(async () => {
  ;({ cloud, admin, demo } = await startOpenStackCloud({ driver: 'fake' }))
})
after(() => cloud.stop())

/** What the client shows of extensions that there are not. */
const absent = (...names: string[]) => Object.fromEntries(names.map((name) => [name, null]))

test('network create, list, show, set', async () => {
  const shown = (more: Record<string, Expected> = {}): Expected => ({
    ...absent('availability_zone_hints', 'availability_zones', 'dns_domain', 'ipv4_address_scope'),
    ...absent('ipv6_address_scope', 'is_default', 'is_vlan_transparent', 'provider:network_type'),
    ...absent('provider:physical_network', 'provider:segmentation_id', 'qos_policy_id', 'segments'),
    admin_state_up: true,
    created_at: time,
    description: 'd',
    id: uuid,
    mtu: 1400,
    name: 'n1',
    port_security_enabled: false,
    project_id: id,
    revision_number: 0,
    'router:external': false,
    shared: false,
    status: 'ACTIVE',
    subnets: [],
    tags: [],
    updated_at: time,
    ...more,
  })
  await demo.shows('network create --description d --mtu 1400 n1', shown())
  await demo.shows('network list', [{ ID: uuid, Name: 'n1', Subnets: [] }])
  await demo.says('network set --name n2 --disable n1')
  const changed = { name: 'n2', admin_state_up: false, revision_number: 1 }
  await demo.shows('network show n2', shown(changed))
  await demo.says('network set --name n1 --enable n2')
})

test('subnet create, list, show, set', async () => {
  const shown = (more: Record<string, Expected> = {}): Expected => ({
    ...absent('dns_publish_fixed_ip', 'ipv6_address_mode', 'ipv6_ra_mode', 'segment_id', 'subnetpool_id'),
    allocation_pools: [{ start: '10.0.0.10', end: '10.0.0.20' }],
    cidr: '10.0.0.0/24',
    created_at: time,
    description: '',
    dns_nameservers: ['10.0.0.2'],
    enable_dhcp: true,
    gateway_ip: '10.0.0.1',
    host_routes: [],
    id: uuid,
    ip_version: 4,
    name: 's1',
    network_id: uuid,
    project_id: id,
    revision_number: 0,
    service_types: [],
    tags: [],
    updated_at: time,
    ...more,
  })
  const range = '--subnet-range 10.0.0.0/24 --allocation-pool start=10.0.0.10,end=10.0.0.20'
  await demo.shows(`subnet create --network n1 ${range} --dns-nameserver 10.0.0.2 s1`, shown())
  await demo.shows('subnet list', [{ ID: uuid, Name: 's1', Network: uuid, Subnet: '10.0.0.0/24' }])
  await demo.says('subnet set --name s2 --no-dhcp s1')
  await demo.shows('subnet show s2', shown({ name: 's2', enable_dhcp: false, revision_number: 1 }))
})

describe('port', () => {
  const shown = (more: Record<string, Expected> = {}): Expected => ({
    ...absent(
      'binding_host_id',
      'binding_vif_type',
      'data_plane_status',
      'device_profile',
      'dns_assignment',
      'dns_domain',
      'dns_name',
    ),
    ...absent('extra_dhcp_opts', 'ip_allocation', 'numa_affinity_policy', 'propagate_uplink_status'),
    ...absent('qos_network_policy_id', 'qos_policy_id', 'resource_request', 'trunk_details'),
    admin_state_up: true,
    allowed_address_pairs: [],
    binding_profile: {},
    binding_vif_details: {},
    binding_vnic_type: 'normal',
    created_at: time,
    description: '',
    device_id: '',
    device_owner: '',
    fixed_ips: [{ subnet_id: uuid, ip_address: '10.0.0.11' }],
    id: uuid,
    mac_address: mac,
    name: 'p1',
    network_id: uuid,
    port_security_enabled: false,
    project_id: id,
    revision_number: 0,
    security_group_ids: [],
    status: 'DOWN',
    tags: [],
    updated_at: time,
    ...more,
  })

  test('create, list, show, set', async () => {
    await demo.shows('port create --network n1 --fixed-ip ip-address=10.0.0.11 p1', shown())
    await demo.shows('port list', [
      {
        ID: uuid,
        Name: 'p1',
        'MAC Address': mac,
        'Fixed IP Addresses': [{ subnet_id: uuid, ip_address: '10.0.0.11' }],
        Status: 'DOWN',
      },
    ])
    await demo.says('port set --name p2 --description d p1')
    await demo.shows('port show p2', shown({ name: 'p2', description: 'd', revision_number: 1 }))
  })

  test('a port of a server is wired by the switch of its host', async () => {
    const bound = await admin.json(
      ...words(`port create --network n1 --device-owner compute:nova --device ${server} --host compute1 p3`),
    )
    const { status, binding_vif_type, binding_vif_details } = bound as Record<string, unknown>
    assert.deepEqual([status, binding_vif_type], ['ACTIVE', 'dgram'])
    assert.match((binding_vif_details as { host: string }).host, /^127\.1\./)
  })
})

test('quotas and extensions', async () => {
  const { networks, subnets, ports } = (await admin.json('quota', 'show', 'demo')) as Record<string, number>
  assert.deepEqual([networks, subnets, ports], [100, 100, 500])
  const extensions = (await demo.json('extension', 'list', '--network')) as { Alias: string }[]
  assert.ok(extensions.some(({ Alias }) => Alias === 'binding-extended'))
})

test('everything is deleted, and then not found', async () => {
  await admin.says('port delete p3')
  await demo.says('port delete p2')
  await demo.says('subnet delete s2')
  await demo.says('network delete n1')
  await demo.fails('network show n1', /No Network found for n1/)
})
