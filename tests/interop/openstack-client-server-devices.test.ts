// Debian's python3-openstackclient, unmodified: volumes, ports and addresses of servers that run under QEMU.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { QmpClient } from '@longhaul/qemu'
import type { TestCloud } from '../cloud/test-cloud.ts'
import { forms, type Expected } from './like.ts'
import { words, type OpenStackClient } from './openstack-client.ts'
import { startOpenStackCloud } from './openstack-cloud.ts'

const { uuid } = forms
const mac = /^fa:16:3e(:[0-9a-f]{2}){3}$/
/** Block Storage's times have no zone. */
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/

let cloud: TestCloud
let admin: OpenStackClient
let demo: OpenStackClient
/** Ids by the names of what was made. */
const ids: Record<string, string> = {}

before(async () => {
  ;({ cloud, admin, demo } = await startOpenStackCloud())
  for (const [name, command] of Object.entries({
    n1: 'network create n1',
    subnet: 'subnet create --network n1 --subnet-range 10.0.0.0/24 subnet',
    p1: 'port create --network n1 --fixed-ip ip-address=10.0.0.11 p1',
    v1: 'volume create --size 1 v1',
  })) {
    ids[name] = ((await demo.json(...words(command))) as { id: string }).id
  }
})
after(() => cloud.stop())

/** A block node of QEMU. */
interface Node {
  'node-name': string
  image: { 'virtual-size': number }
}

/** What a server shows of what it is given. */
async function has(addresses: string[], volumes: string[] = []): Promise<void> {
  const columns = ['-c', 'addresses', '-c', 'volumes_attached']
  const { addresses: shown, ...rest } = (await demo.json('server', 'show', 's1', ...columns)) as {
    addresses: Record<string, string[]>
  }
  assert.deepEqual(
    { n1: shown['n1']?.toSorted() ?? [], ...rest },
    { n1: addresses.toSorted(), volumes_attached: volumes.map((id) => ({ id })) },
  )
}

const port = (ip: string, more: Record<string, Expected> = {}): Expected => ({
  ID: uuid,
  Name: '',
  'MAC Address': mac,
  'Fixed IP Addresses': [{ subnet_id: ids['subnet']!, ip_address: ip }],
  Status: 'ACTIVE',
  ...more,
})

/** A volume of the server, as cinder shows it. */
const attachment = (host: string | null): Expected => ({
  attachments: [
    {
      id: ids['v1']!,
      attachment_id: uuid,
      volume_id: ids['v1']!,
      server_id: ids['s1']!,
      host_name: host,
      device: '/dev/vdb',
      attached_at: time,
    },
  ],
  status: 'in-use',
})

test('server create --network, --port, --nic, and port list --server', async () => {
  const nics = `--port ${ids['p1']} --nic net-id=${ids['n1']},v4-fixed-ip=10.0.0.77 --network n1`
  const made = await demo.json(...words(`server create --image tick --flavor m1.nano ${nics} --wait s1`))
  const { id, status, addresses } = made as {
    id: string
    status: string
    addresses: Record<string, string[]>
  }
  ids['s1'] = id
  assert.equal(status, 'ACTIVE')
  const third = addresses['n1']!.find((ip) => ip !== '10.0.0.11' && ip !== '10.0.0.77')!
  await has(['10.0.0.11', '10.0.0.77', third])
  await demo.lists(
    'port list --server s1',
    [port('10.0.0.11', { Name: 'p1' }), port('10.0.0.77'), port(third)],
    'Fixed IP Addresses',
  )
  await demo.shows('port show p1 -c device_id -c device_owner -c status -c binding_vif_type', {
    binding_vif_type: null,
    device_id: id,
    device_owner: 'compute:nova',
    status: 'ACTIVE',
  })
})

test('server add volume, server volume list', async () => {
  const row = { 'Server ID': ids['s1']!, 'Volume ID': ids['v1']!, Device: '/dev/vdb' }
  const tagged = { ...row, Tag: null, 'Delete On Termination': false }
  await demo.shows('server add volume s1 v1', { ID: ids['v1']!, ...tagged })
  await demo.becomes('volume show v1', 'in-use')
  await demo.shows('server volume list s1', [{ ID: ids['v1']!, ...row }])
  const { 'Delete On Termination': kept, ...listed } = tagged
  await demo.shows('--os-compute-api-version 2.89 server volume list s1', [
    {
      ...listed,
      'Delete On Termination?': kept,
      'Attachment ID': uuid,
      'BlockDeviceMapping UUID': uuid,
    },
  ])
  await demo.shows('volume show v1 -c attachments -c status', attachment(null))
  await admin.shows(`volume show ${ids['v1']} -c attachments -c status`, attachment('compute1'))
  await demo.fails('server add volume s1 v1', /400.*volume [0-9a-f-]+ already attached/)
  await demo.fails('volume delete v1', /Invalid volume: Volume status must be available or error/)
})

test('volume set --size: the machine sees it while it runs', async () => {
  await demo.says('--os-volume-api-version 3.42 volume set --size 2 v1')
  const monitor = join(cloud.cloud.state.data, 'nova-compute/instances', ids['s1']!, 'qmp-operator')
  const qmp = await QmpClient.connect(monitor)
  try {
    await cloud.until('the machine sees it', async () => {
      const nodes = await qmp.execute<Node[]>('query-named-block-nodes', { flat: true })
      return nodes.some(
        (node) => node['node-name'].startsWith('volume-') && node.image['virtual-size'] === 2 ** 31,
      )
    })
  } finally {
    qmp.close()
  }
  await demo.becomes('volume show v1', 'in-use')
  const [newest] = (await demo.json('server', 'event', 'list', 's1')) as Record<string, string>[]
  assert.equal(newest!['Action'], 'extend_volume')
  await demo.shows(`server event show s1 ${newest!['Request ID']} -c message`, { message: null })
})

test('server remove volume', async () => {
  // The small guest lets go of nothing while it runs.
  await demo.says('server stop s1')
  await demo.becomes('server show s1', 'SHUTOFF')
  await demo.says('server remove volume s1 v1')
  await demo.becomes('volume show v1', 'available')
  await demo.shows('server volume list s1', [])
  await demo.shows('volume show v1 -c attachments -c status', { attachments: [], status: 'available' })
  await demo.fails(
    'server remove volume s1 v1',
    /404.*Instance [0-9a-f-]+ is not attached to volume [0-9a-f-]+/,
  )
})

test('server remove port, server add port', async () => {
  await demo.says('server remove port s1 p1')
  await demo.becomes('port show p1', 'DOWN')
  await demo.becomes('port show p1', '', 'device_id')
  await demo.says('server remove network s1 n1')
  await demo.untilNone('port list --server s1')
  await has([])
  await demo.says('server add port s1 p1')
  await demo.becomes('port show p1', ids['s1']!, 'device_id')
  await demo.fails('server add port s1 p1', /409.*Port [0-9a-f-]+ is still in use/)
})

test('server add fixed ip, server add network', async () => {
  await demo.shows('server add fixed ip --fixed-ip-address 10.0.0.99 s1 n1', {
    'Port ID': uuid,
    'Server ID': ids['s1']!,
    'Network ID': ids['n1']!,
    'MAC Address': mac,
    'Port State': 'DOWN',
    'Fixed IPs': [{ subnet_id: ids['subnet']!, ip_address: '10.0.0.99' }],
    Tag: null,
  })
  await demo.says('server add network s1 n1')
  const rows = (await demo.json('port', 'list', '--server', 's1')) as {
    'Fixed IP Addresses': { ip_address: string }[]
  }[]
  const found = rows.map((row) => row['Fixed IP Addresses'][0]!.ip_address)
  const third = found.find((ip) => ip !== '10.0.0.11' && ip !== '10.0.0.99')!
  assert.deepEqual(found.toSorted(), ['10.0.0.11', '10.0.0.99', third].toSorted())
  await demo.says('server add volume s1 v1 -c Tag -f value', 'None\n')
  await demo.becomes('volume show v1', 'in-use')
  await has(['10.0.0.11', '10.0.0.99', third], [ids['v1']!])
})

test('a server begins with what it was given, and leaves what is not its own', async () => {
  await demo.says('server start s1')
  await demo.becomes('server show s1', 'ACTIVE')
  await demo.becomes('port show p1', 'ACTIVE')
  await demo.says('server delete --wait s1')
  await demo.lists('port list', [port('10.0.0.11', { Name: 'p1', Status: 'DOWN' })])
  await demo.becomes('volume show v1', 'available')
  await demo.says('volume delete v1')
  await demo.says('port delete p1')
  await demo.says('network delete n1')
})
