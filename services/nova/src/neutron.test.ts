import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { contextAuth, Session } from '@longhaul/keystoneauth'
import { Config } from '@longhaul/oslo-config'
import { networkAdapters } from './neutron-section.ts'
import { NetworkClient } from './neutron.ts'
import { fakeNeutron, type FakeNeutron } from './testing/fake-neutron.ts'

let neutron: FakeNeutron
let session: Session

before(async () => {
  neutron = await fakeNeutron()
  session = new Session({})
})
after(() => Promise.all([neutron.close(), session.close()]))
beforeEach(() => void (neutron.calls.length = 0))

/** A client as a section describes it, for a user whose catalog lists the service in two regions. */
function client(section = ''): NetworkClient {
  const at = (region_id: string, url: string) => ({ interface: 'internal', region_id, url })
  const endpoints = [at('A', 'http://127.0.0.1:1'), at('B', `${neutron.url}/`)]
  const auth = contextAuth({ token: 't', catalog: [{ type: 'network', name: 'neutron', endpoints }] })
  const conf = Config.parse(`[neutron]\nhttp_retries = 0\nvalid_interfaces = internal\n${section}\n`)
  return new NetworkClient(networkAdapters(conf, session)({ auth }))
}

test('the section says which endpoint is asked', async () => {
  const id = neutron.network('private')
  assert.equal((await client('region_name = B').network(id)).name, 'private')
  await assert.rejects(client('region_name = A').network(id), { code: 'connect_failure' })
  await client(`region_name = A\nendpoint_override = ${neutron.url}`).network(id)
})

test('a port is made, found, given away and deleted; what is gone is deleted', async () => {
  const network = neutron.network()
  const ports = client('region_name = B')
  const fixed_ips = [{ ip_address: '10.0.0.200' }]
  const { id } = await ports.createPort({ network_id: network, project_id: 'p', device_id: 'us', fixed_ips })
  assert.deepEqual(
    (await ports.portsOf('us')).map((port) => port.id),
    [id],
  )
  const changed = await ports.updatePort(id, { device_owner: 'compute:nova', 'binding:host_id': 'h' })
  assert.equal(changed['binding:vif_type'], 'dgram')
  await ports.deletePort(id)
  await ports.deletePort(id)
  await assert.rejects(ports.port(id), { status: 404 })
})

test('bindings are made, activated and deleted, each as often as one likes', async () => {
  const ports = client('region_name = B')
  const id = neutron.port(neutron.network())
  await ports.updatePort(id, { 'binding:host_id': 'here' })
  for (const _ of 'twice') assert.equal((await ports.createBinding(id, 'there')).status, 'INACTIVE')
  for (const _ of 'twice') await ports.activateBinding(id, 'there')
  const states = async () => (await ports.bindings(id)).map(({ host, status }) => [host, status])
  assert.deepEqual(await states(), [
    ['here', 'INACTIVE'],
    ['there', 'ACTIVE'],
  ])
  for (const _ of 'twice') await ports.deleteBinding(id, 'here')
  assert.deepEqual(await states(), [['there', 'ACTIVE']])
  await assert.rejects(ports.activateBinding(id, 'nowhere'), { status: 404 })
})
