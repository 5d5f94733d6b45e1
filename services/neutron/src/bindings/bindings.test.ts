import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { errorType, testNeutron } from '../testing/neutron.ts'

const neutron = await testNeutron({ after })
const { ask, make, as, admin, service, agent } = neutron
const member = as()
const device_id = '7a9c1a40-6c5e-4b7b-9a55-222222222222'

type Binding = Record<string, unknown> & { host: string; status: string }

const report = (host: string, plugged: string[] = []) =>
  ask('PUT', `/internal/v1/hosts/${host}`, agent, {
    local_ip: '127.0.0.1',
    first_port: 20_000,
    last_port: 20_099,
    link: '127.0.0.1:1',
    plugged,
  })
for (const host of ['h1', 'h2', 'h3']) await report(host)
const { id: network_id } = await make('network', {}, member)

/** A port of a server on host h1. */
async function onFirst() {
  const { id } = await make('port', { network_id, device_id, device_owner: 'compute:nova' }, member)
  const url = `/v2.0/ports/${id}`
  const bind = (host: string | null, headers = service) =>
    ask('PUT', url, headers, { port: { 'binding:host_id': host } })
  assert.equal((await bind('h1')).status, 200)
  const add = (host: string, more = {}, headers = service) =>
    ask('POST', `${url}/bindings`, headers, { binding: { host, ...more } })
  const activate = (host: string, headers = service) =>
    ask('PUT', `${url}/bindings/${host}/activate`, headers)
  const list = async () => (await ask('GET', `${url}/bindings`, service)).body['bindings'] as Binding[]
  const statuses = async () => Object.fromEntries((await list()).map(({ host, status }) => [host, status]))
  const port = async () => (await ask('GET', url, service)).body['port'] as Record<string, unknown>
  return { id, url, bind, add, activate, list, statuses, port }
}

/** Details of a wiring, with the port that was taken. */
function dgram(details: unknown) {
  const { port } = details as { port: number }
  assert.ok(port >= 20_000 && port <= 20_099)
  return { host: '127.0.0.1', port, port_filter: false, connectivity: 'l2' }
}

describe('binding:* of a port', () => {
  test('a port is wired by datagrams to a port of the switch of its host', async () => {
    const { port, bind } = await onFirst()
    const found = await port()
    assert.equal(found['binding:vif_type'], 'dgram')
    assert.deepEqual(found['binding:vif_details'], dgram(found['binding:vif_details']))
    await bind('h1')
    assert.deepEqual((await port())['binding:vif_details'], found['binding:vif_details'])
    assert.equal((await bind('nowhere')).status, 200)
    assert.equal((await port())['binding:vif_type'], 'binding_failed')
    assert.equal((await bind('')).status, 200)
    assert.equal((await port())['binding:vif_type'], 'unbound')
    assert.equal((await bind('h1', member)).status, 403)
  })

  test('a host whose agent is silent for too long is not bound to', async () => {
    const { bind, port, add } = await onFirst()
    neutron.clock.now += 76_000
    await report('h1')
    await bind('h2')
    assert.equal((await port())['binding:vif_type'], 'binding_failed')
    const refused = await add('h3')
    assert.deepEqual([refused.status, errorType(refused)], [500, 'PortBindingError'])
    await report('h2')
    await report('h3')
    await bind('h2')
    assert.equal((await port())['binding:vif_type'], 'dgram')
  })

  test('ports of a host have ports of their own there, as long as there are any', async () => {
    await ask('PUT', '/internal/v1/hosts/small', agent, {
      local_ip: '127.0.0.1',
      first_port: 30_000,
      last_port: 30_002,
      link: '127.0.0.1:1',
      plugged: [],
    })
    const many = await Promise.all([1, 2, 3, 4].map(() => onFirst()))
    await Promise.all(many.map(({ bind }) => bind('small')))
    const found = await Promise.all(many.map(({ port }) => port()))
    const taken = found.map((port) => (port['binding:vif_details'] as { port?: number }).port)
    assert.deepEqual(new Set(taken), new Set([30_000, 30_001, 30_002, undefined]))
    await many[taken.findIndex((one) => one !== undefined)]!.bind(null)
    const last = many[taken.indexOf(undefined)]!
    await last.bind('small')
    assert.equal((await last.port())['binding:vif_type'], 'dgram')
  })

  test('a port that is moved to where it was prepared keeps what was prepared', async () => {
    const { add, bind, port, statuses } = await onFirst()
    const { vif_details } = (await add('h2')).body['binding'] as Binding
    await bind('h2')
    assert.deepEqual((await port())['binding:vif_details'], vif_details)
    assert.deepEqual(await statuses(), { h2: 'ACTIVE' })
  })

  test('a port whose binding was deleted is bound again', async () => {
    const { url, bind, port, list } = await onFirst()
    assert.equal((await ask('DELETE', `${url}/bindings/h1`, service)).status, 204)
    assert.equal((await port())['binding:vif_type'], 'unbound')
    assert.equal((await bind('h2')).status, 200)
    const found = await port()
    assert.deepEqual([found['binding:host_id'], found['binding:vif_type']], ['h2', 'dgram'])
    assert.deepEqual(
      (await list()).map(({ host, status }) => [host, status]),
      [['h2', 'ACTIVE']],
    )
  })

  test('a MAC address does not change while the port is bound', async () => {
    const { url, bind } = await onFirst()
    const change = { port: { mac_address: 'fa:16:3e:00:00:33' } }
    assert.equal(errorType(await ask('PUT', url, service, change)), 'PortBound')
    await bind(null)
    assert.equal((await ask('PUT', url, service, change)).status, 200)
  })

  test("the profile is the service's, and lists find ports by their host", async () => {
    const { id, url, port } = await onFirst()
    const profile = { 'binding:profile': { migrating_to: 'h2' } }
    assert.equal((await ask('PUT', url, admin, { port: profile })).status, 403)
    assert.equal((await ask('PUT', url, service, { port: profile })).status, 200)
    assert.deepEqual((await port())['binding:profile'], { migrating_to: 'h2' })
    await ask('PUT', url, service, { port: { 'binding:profile': null } })
    assert.deepEqual((await port())['binding:profile'], {})
    const listed = await ask(
      'GET',
      `/v2.0/ports?binding:host_id=h1&device_id=${device_id}&fields=id`,
      service,
    )
    assert.ok((listed.body['ports'] as { id: string }[]).some((one) => one.id === id))
    assert.deepEqual((await ask('GET', '/v2.0/ports?binding:host_id=h9', service)).body, { ports: [] })
    const guessed = await ask('GET', `/v2.0/ports?binding:host_id=h1&device_id=${device_id}`, member)
    assert.deepEqual(guessed.body, { ports: [] }, 'who does not see hosts does not find them out')
  })
})

describe('/v2.0/ports/{id}/bindings', () => {
  test('a further binding is inactive until it is activated, and then the other one is', async () => {
    const { url, add, activate, statuses, port } = await onFirst()
    const made = await add('h2', { profile: { a: 1 } })
    const { vif_details } = made.body['binding'] as Binding
    assert.deepEqual(made, {
      status: 201,
      body: {
        binding: {
          host: 'h2',
          vif_type: 'dgram',
          vif_details: dgram(vif_details),
          vnic_type: 'normal',
          profile: { a: 1 },
          status: 'INACTIVE',
        },
      },
    })
    assert.deepEqual(await statuses(), { h1: 'ACTIVE', h2: 'INACTIVE' })
    assert.equal((await port())['binding:host_id'], 'h1')
    const active = await activate('h2')
    assert.equal((active.body['binding'] as Binding).status, 'ACTIVE')
    assert.deepEqual(await statuses(), { h1: 'INACTIVE', h2: 'ACTIVE' })
    assert.equal((await port())['binding:host_id'], 'h2')
    const again = await activate('h2')
    assert.deepEqual([again.status, errorType(again)], [409, 'PortBindingAlreadyActive'])
    assert.equal((await ask('DELETE', `${url}/bindings/h1`, service)).status, 204)
    const gone = await ask('DELETE', `${url}/bindings/h1`, service)
    assert.deepEqual([gone.status, errorType(gone)], [404, 'PortBindingNotFound'])
    assert.equal(errorType(await activate('h1')), 'PortBindingNotFound')
    assert.deepEqual((await ask('GET', `${url}/bindings/h2?fields=host`, service)).body, {
      binding: { host: 'h2' },
    })
    assert.equal((await ask('GET', `${url}/bindings/h1`, service)).status, 404)
  })

  test('of many that activate at the same time exactly one binding is active in the end', async () => {
    const { add, activate, statuses } = await onFirst()
    await add('h2')
    await add('h3')
    const answers = await Promise.all(['h2', 'h3', 'h1', 'h2', 'h3'].map((host) => activate(host)))
    assert.ok(answers.every(({ status }) => status === 200 || status === 409))
    const active = Object.values(await statuses()).filter((status) => status === 'ACTIVE')
    assert.equal(active.length, 1)
  })

  test("bindings are the service's: neither its service token nor an administrator is enough", async () => {
    const { url, add, activate } = await onFirst()
    const withServiceToken = { ...member, 'x-service-token': service['x-auth-token']! }
    await add('h2')
    for (const who of [member, admin, withServiceToken]) {
      assert.equal((await add('h3', {}, who)).status, 403)
      assert.equal((await activate('h2', who)).status, 403)
      assert.equal((await ask('DELETE', `${url}/bindings/h2`, who)).status, 403)
    }
    assert.equal((await ask('GET', `${url}/bindings`, admin)).status, 200)
    assert.equal((await ask('GET', `${url}/bindings`, member)).status, 403)
  })

  test('refuses what cannot be bound', async () => {
    const { url, add } = await onFirst()
    assert.equal(errorType(await add('h1')), 'PortBindingAlreadyExists')
    assert.equal((await add('h2', { vnic_type: 'odd' })).status, 400)
    const failed = await add('nowhere')
    assert.deepEqual([failed.status, errorType(failed)], [500, 'PortBindingError'])
    const plain = await make('port', { network_id }, member)
    const refused = await ask('POST', `/v2.0/ports/${plain.id}/bindings`, service, {
      binding: { host: 'h1' },
    })
    assert.deepEqual([refused.status, errorType(refused)], [400, 'InvalidInput'])
    const changed = await ask('PUT', `${url}/bindings/h1`, service, { binding: { vnic_type: 'direct' } })
    assert.equal((changed.body['binding'] as Binding)['vnic_type'], 'direct')
    assert.equal((await ask('PUT', `${url}/bindings/h9`, service, { binding: {} })).status, 404)
    assert.equal((await ask('GET', '/v2.0/ports/none/bindings', service)).status, 404)
  })
})

describe('what agents of hosts report', () => {
  test('a port is ACTIVE while its guest is plugged in where it is bound, and nova hears of it', async () => {
    const { id, port, add, activate } = await onFirst()
    const told = () =>
      neutron.events
        .splice(0)
        .filter((event) => event.tag === id)
        .map(({ name }) => name)
    told()
    await report('h1', [id])
    assert.equal((await port())['status'], 'ACTIVE')
    assert.deepEqual(told(), ['network-vif-plugged'])
    await report('h1', [id])
    await report('h2', [])
    assert.deepEqual(told(), [])
    await add('h2')
    await report('h2', [id])
    assert.deepEqual(told(), ['network-vif-plugged'], 'the guest is awaited on its next host')
    await activate('h2')
    assert.equal((await port())['status'], 'ACTIVE')
    assert.deepEqual(told(), ['network-vif-plugged'])
    await report('h1', [])
    assert.deepEqual(told(), [])
    await report('h2', [])
    assert.equal((await port())['status'], 'DOWN')
    assert.deepEqual(told(), ['network-vif-unplugged'])
  })

  test('an agent is told what to wire, and at once when that changes', async () => {
    const { id, url, port } = await onFirst()
    const pairs = [{ ip_address: '10.0.0.9', mac_address: 'fa:16:3e:00:00:77' }]
    assert.equal((await ask('PUT', url, admin, { port: { allowed_address_pairs: pairs } })).status, 200)
    const ports = async (since: number, wait: number) =>
      (await ask('GET', `/internal/v1/hosts/h1/ports?since=${since}&wait=${wait}`, agent)).body as {
        version: number
        ports: Record<string, unknown>[]
        peers: { host: string; link: string }[]
      }
    const before = await ports(0, 0)
    const found = before.ports.find((port) => port.id === id)
    const { mac_address, 'binding:vif_details': details } = await port()
    assert.deepEqual(found, {
      id,
      network_id,
      mac_addresses: [mac_address, 'fa:16:3e:00:00:77'],
      local_ip: '127.0.0.1',
      udp_port: (details as { port: number }).port,
      admin_state_up: true,
    })
    assert.deepEqual(before.peers[0], { host: 'h2', link: '127.0.0.1:1' })
    const change = ports(before.version, 60)
    assert.equal((await ask('DELETE', url, member)).status, 204)
    const next = await change
    assert.ok(next.version > before.version)
    assert.ok(!next.ports.some((port) => port.id === id))
  })

  test('nobody else reports or asks', async () => {
    for (const who of [member, admin, service]) {
      const refused = await ask('PUT', '/internal/v1/hosts/h1', who, {})
      assert.equal(refused.status, 403)
      assert.equal((await ask('GET', '/internal/v1/hosts/h1/ports', who)).status, 403)
    }
  })
})
