import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import type { Job } from '../jobs-protocol.ts'
import type { Version } from '../microversions.ts'
import { testCloud, type Answer, type TestCloud } from '../testing/cloud.ts'
import { volumeScene, type VolumeScene } from '../testing/volumes.ts'

let cloud: TestCloud
let scene: VolumeScene
let server: string
let network: string

before(async () => {
  cloud = await testCloud()
  scene = volumeScene(cloud)
  await cloud.report([])
  server = await cloud.activeServer()
  network = cloud.neutron.network()
})
after(() => cloud.close())
beforeEach(() => scene.fresh())

const failed = (code: string, message: string): Job => ({
  state: 'failed',
  error: { code, message, terminal: true },
})
const url = (port = '', of = server) => `/servers/${of}/os-interface${port && `/${port}`}`
const attach = (wanted: object, version: Version = '2.70') =>
  cloud.call('POST', url(), { interfaceAttachment: wanted }, cloud.in(version))
const detach = (port: string) => cloud.call('DELETE', url(port))
const shown = ({ json }: Answer) => json['interfaceAttachment'] as Record<string, unknown>
const portsOf = async () => {
  const { json } = await cloud.call('GET', url())
  return (json['interfaceAttachments'] as { port_id: string }[]).map((one) => one.port_id)
}
const rows = () => cloud.db.kysely.selectFrom('server_ports').selectAll().execute()
const attached = async (wanted: object) => {
  const answer = await attach(wanted)
  assert.equal(answer.status, 200, JSON.stringify(answer.json))
  const action = await scene.ended(server, answer)
  return { port: shown(answer)['port_id'] as string, action }
}
/** Those that the fake has noted, with who asked. */
const calls = () =>
  cloud.neutron.calls.map(({ method, path, userToken }) => {
    const who = cloud.neutron.members.has(userToken) ? 'user' : 'nova'
    return `${who} ${method} ${path.replaceAll(/[0-9a-f]{8}-[-0-9a-f]{27}/g, 'X')}`
  })

test('a port is made, bound by nova itself, plugged, and deleted as the user', async () => {
  const { port, action } = await attached({ net_id: network, tag: 'nic' })
  assert.equal(action.action, 'attach_interface')
  assert.equal(action.message, null)
  assert.ok(action.events.some(({ event }) => event === 'compute_attach_interface'))
  const { device_id, device_owner, bindings, mac_address } = cloud.neutron.ports.get(port)!
  assert.deepEqual([device_id, device_owner], [server, 'compute:nova'])
  assert.deepEqual(
    bindings.map(({ host, status }) => [host, status]),
    [['compute1', 'ACTIVE']],
  )
  assert.deepEqual(cloud.agent.calls, ['PUT plug', 'FORGET'])
  const vif_details = { host: '127.0.0.1', port: 4789, of: 'compute1' }
  assert.deepEqual(cloud.agent.jobs[0]?.request.params, {
    port: { id: port, mac_address, mtu: 1400, vif_type: 'dgram', vif_details },
  })
  assert.deepEqual(calls().slice(0, 4), [
    'user GET /networks/X',
    'user POST /ports',
    'nova GET /ports/X',
    'nova PUT /ports/X',
  ])
  assert.ok(cloud.neutron.calls.slice(2).every(({ serviceToken }) => serviceToken !== undefined))

  const view = {
    net_id: network,
    port_id: port,
    mac_addr: mac_address,
    port_state: 'DOWN',
    fixed_ips: cloud.neutron.ports.get(port)!.fixed_ips,
  }
  for (const [version, interfaceAttachment] of [
    ['2.69', view],
    ['2.70', { ...view, tag: 'nic' }],
  ] as const) {
    const headers = cloud.in(version)
    assert.deepEqual((await cloud.call('GET', url(port), undefined, headers)).json, { interfaceAttachment })
    const list = await cloud.call('GET', url(), undefined, headers)
    assert.deepEqual(list.json, { interfaceAttachments: [interfaceAttachment] })
  }

  scene.fresh()
  const gone = await detach(port)
  assert.equal(gone.status, 202)
  assert.equal((await scene.ended(server, gone)).message, null)
  assert.deepEqual(cloud.agent.calls, ['PUT unplug', 'FORGET'])
  assert.deepEqual(calls(), ['user DELETE /ports/X'])
  assert.deepEqual(await rows(), [])
  assert.equal((await detach(port)).status, 404)
})

test('a port of the user is bound and given back; its token expires on the way', async () => {
  const mine = cloud.neutron.port(network)
  cloud.agent.plans.set('unplug', () => {
    for (const { userToken } of cloud.neutron.calls) cloud.neutron.expired.add(userToken)
    return { state: 'done', result: {} }
  })
  assert.equal((await attached({ port_id: mine })).action.message, null)
  assert.deepEqual(await portsOf(), [mine])
  assert.equal((await attach({ port_id: mine })).status, 409)
  assert.equal((await scene.ended(server, await detach(mine))).message, null)
  const { device_id, device_owner, bindings } = cloud.neutron.ports.get(mine)!
  assert.deepEqual([device_id, device_owner, bindings], ['', '', []])
  assert.deepEqual(await rows(), [])
})

test('a port that somebody else takes at the last moment stays theirs', async () => {
  const wanted = cloud.neutron.port(network)
  const taken = cloud.neutron.ports.get(wanted)!
  cloud.neutron.refuse = ({ method, path }) => {
    if (method === 'PUT' && path === `/ports/${wanted}` && taken.device_id === '') {
      Object.assign(taken, { device_id: 'theirs', revision_number: taken.revision_number + 1 })
    }
    return undefined
  }
  const { action } = await attached({ port_id: wanted })
  cloud.neutron.refuse = undefined
  assert.equal(action.message, `Error: Port ${wanted} is still in use.`)
  assert.deepEqual([taken.device_id, taken.bindings], ['theirs', []])
  assert.deepEqual(await rows(), [])
})

test('what the host cannot wire or plug leaves nothing behind', async () => {
  const mine = cloud.neutron.port(network)
  const before = cloud.neutron.ports.size
  cloud.agent.plans.set('plug', () => failed('vif_type_unsupported', 'the host cannot wire the port'))
  for (const wanted of [{ port_id: mine }, { net_id: network }]) {
    const { action } = await attached(wanted)
    assert.equal(action.message, 'Error: the host cannot wire the port')
  }
  assert.deepEqual(cloud.agent.calls.slice(0, 3), ['PUT plug', 'PUT unplug', 'FORGET'])
  cloud.neutron.unwired.add('compute1')
  assert.match(String((await attached({ port_id: mine })).action.message), /cannot be bound/)
  cloud.neutron.unwired.clear()
  cloud.neutron.refuse = ({ method }) => (method === 'PUT' ? 403 : undefined)
  const { action } = await attached({ net_id: network })
  assert.match(String(action.message), /^Error: 403 from neutron: /)
  assert.deepEqual(await rows(), [])
  assert.equal(cloud.neutron.ports.size, before)
  assert.deepEqual(cloud.neutron.ports.get(mine)!.bindings, [])
})

test('what cannot be given back at once is given back later', async () => {
  const mine = cloud.neutron.port(network)
  cloud.agent.plans.set('plug', () => failed('guest_refuses', 'no'))
  cloud.agent.plans.set('unplug', () => failed('device_detach_failed', 'the system holds it'))
  assert.equal((await attached({ port_id: mine })).action.message, 'Error: no')
  const left = await cloud.db.kysely.selectFrom('leftovers').select(['kind', 'host']).execute()
  assert.deepEqual(left, [{ kind: 'server-port', host: 'compute1' }])
  assert.equal((await attach({ port_id: mine })).status, 409, 'it still is the one of the server')
  cloud.agent.plans.delete('unplug')
  await scene.nothingLeft()
  assert.equal(cloud.neutron.ports.get(mine)!.device_id, '')
  assert.deepEqual(await rows(), [])
})

test('a port that neutron does not let go stays, and the machine gets it back', async () => {
  const { port } = await attached({ net_id: network })
  scene.fresh()
  cloud.neutron.refuse = ({ method }) => (method === 'DELETE' ? 403 : undefined)
  const action = await scene.ended(server, await detach(port))
  assert.match(String(action.message), /^Error: 403 from neutron: /)
  assert.deepEqual(cloud.agent.calls, ['PUT unplug', 'PUT replug', 'FORGET'])
  assert.deepEqual(await portsOf(), [port])
  scene.fresh()
  // Asked for twice, it leaves once.
  const answers = [await detach(port), await detach(port)]
  for (const answer of answers) assert.ok([202, 404].includes(answer.status))
  await scene.ended(server, answers[0]!)
  assert.deepEqual(await rows(), [])
  assert.equal(cloud.neutron.ports.has(port), false)
})

test('what nova and neutron refuse is told at once, and reserves nothing', async () => {
  const { neutron } = cloud
  const foreign = neutron.port(network, { project_id: 'another' })
  const taken = neutron.port(network, { device_id: randomUUID() })
  const status = async (wanted: object, version?: Version) => (await attach(wanted, version)).status
  assert.equal(await status({ port_id: randomUUID() }), 404)
  assert.equal(await status({ net_id: randomUUID() }), 404)
  assert.equal(await status({ port_id: foreign }), 400)
  assert.equal(await status({ port_id: taken }), 409)
  assert.equal(await status({ port_id: taken, net_id: network }), 400)
  assert.equal(await status({ fixed_ips: [{ ip_address: '10.0.0.3' }] }), 400)
  assert.equal(await status({ net_id: network, fixed_ips: [{ ip_address: 'ten' }] }), 400)
  assert.equal(await status({ net_id: network, tag: 'nic' }, '2.48'), 400)
  const { ip_address } = neutron.ports.get(taken)!.fixed_ips[0]!
  assert.equal(await status({ net_id: network, fixed_ips: [{ ip_address }] }), 409)
  const second = neutron.network('second')
  assert.equal(await status({}), 400, 'there are two networks')
  neutron.networks.delete(second)
  for (const refused of [401, 403, 503]) {
    neutron.refuse = ({ method }) => (method === 'POST' ? refused : undefined)
    assert.equal(await status({ net_id: network }), refused)
  }
  assert.deepEqual(await rows(), [])
  neutron.refuse = undefined
  assert.equal((await detach(taken)).status, 404)
  assert.equal((await cloud.call('GET', url(taken))).status, 404)
  assert.equal((await cloud.call('GET', url('nonsense'))).status, 404)
  const locked = async (by: string | null) =>
    void (await cloud.db.kysely.updateTable('servers').set({ locked_by: by }).execute())
  await locked('admin')
  assert.equal(await status({ net_id: network }), 409)
  await locked(null)
})

test('a port that was made for an operation that never began is deleted', async () => {
  const uuid = randomUUID()
  const row = { uuid, server_id: server, port_id: null, network_id: network, tag: null }
  const old = new Date(Date.now() - 3_600_000)
  const times = { reserved_at: old, created_at: old, updated_at: old }
  const port = cloud.neutron.port(network, { device_id: uuid })
  await cloud.db.kysely
    .insertInto('server_ports')
    .values({ ...row, created_by_nova: true, ...times })
    .execute()
  await cloud.eventually(async () => !cloud.neutron.ports.has(port))
  assert.deepEqual(await rows(), [])
})

test('neutron tells of ports; one that was deleted leaves its machine', async () => {
  const { port } = await attached({ net_id: network })
  scene.fresh()
  const service = cloud.as(['service'], 'service')
  const tell = (events: object[], headers = service) =>
    cloud.call('POST', '/os-server-external-events', { events }, headers)
  const about = { server_uuid: server, tag: port }
  const plugged = { name: 'network-vif-plugged', ...about }
  const unknown = { ...plugged, server_uuid: randomUUID() }
  assert.deepEqual((await tell([plugged])).json, { events: [{ ...plugged, status: 'completed', code: 200 }] })
  const some = await tell([{ ...plugged, status: 'failed' }, unknown])
  assert.equal(some.status, 207)
  assert.deepEqual(some.json, {
    events: [
      { ...plugged, status: 'failed', code: 200 },
      { ...unknown, status: 'failed', code: 404 },
    ],
  })
  const homeless = { vm_state: 'building', host: null }
  const move = (changes: { vm_state: string; host: string | null }) =>
    cloud.db.kysely.updateTable('servers').set(changes).where('id', '=', server).execute()
  await move(homeless)
  const { json } = await tell([plugged])
  assert.equal((json['events'] as { code: number }[])[0]?.code, 422)
  await move({ vm_state: 'active', host: 'compute1' })
  assert.equal((await tell([{ name: 'sun-rises', ...about }])).status, 400)
  assert.equal((await tell([plugged], cloud.as(['member', 'reader']))).status, 403)
  assert.deepEqual(cloud.agent.calls, [])

  cloud.neutron.ports.delete(port)
  const deleted = { name: 'network-vif-deleted', ...about }
  assert.equal((await tell([deleted, deleted])).status, 200)
  await cloud.eventually(async () => (await rows()).length === 0)
  assert.deepEqual(cloud.agent.calls, ['PUT unplug', 'FORGET'], 'once')
})

const boot = (networks: unknown, more: object = {}) => {
  const body = { name: 'vm', imageRef: cloud.imageId, flavorRef: '42', networks, ...more }
  return cloud.call('POST', '/servers', { server: body }, cloud.in('2.42'))
}
const booted = async (networks: unknown) => {
  const answer = await boot(networks)
  assert.equal(answer.status, 202, JSON.stringify(answer.json))
  const { id } = answer.json['server'] as { id: string }
  await cloud.serverIs(id, (one) => one['status'] === 'ACTIVE' || one['status'] === 'ERROR')
  return id
}
/** Ids of the ports that the host was told of when a server was started. */
const toldAtBoot = () => {
  const params = cloud.agent.jobs.find(({ step }) => step === 'boot')!.request.params
  return ((params as { ports?: { id: string }[] }).ports ?? []).map(({ id }) => id)
}
const destroyed = async (id: string) => {
  await cloud.call('DELETE', `/servers/${id}`)
  await cloud.eventually(async () => (await cloud.call('GET', `/servers/${id}`)).status === 404)
}

test('a server is made with a port of the user and one that is made for it, and gives both back', async () => {
  const mine = cloud.neutron.port(network)
  const fixed_ip = '10.0.0.99'
  const id = await booted([{ port: mine }, { uuid: network, fixed_ip, tag: 'second' }])
  const ports = [...cloud.neutron.ports.values()].filter((port) => port.device_id === id)
  assert.deepEqual(
    ports.map((port) => port.bindings.map(({ host }) => host)),
    [['compute1'], ['compute1']],
  )
  const made = ports.find((port) => port.id !== mine)!
  assert.equal(made.fixed_ips[0]?.ip_address, fixed_ip)
  assert.deepEqual(toldAtBoot(), [mine, made.id])
  const creation = cloud.neutron.calls.find(({ method }) => method === 'POST')
  assert.ok(cloud.neutron.members.has(creation?.userToken), 'made as the user')
  const { json } = await cloud.call('GET', url('', id), undefined, cloud.in('2.70'))
  const tags = (json['interfaceAttachments'] as { tag: string | null }[]).map(({ tag }) => tag)
  assert.deepEqual(tags, [null, 'second'])
  assert.equal((await boot([{ port: mine }])).status, 409)

  const ips = async (path: string) => (await cloud.call('GET', `/servers/${id}/ips${path}`)).json
  const [first] = cloud.neutron.ports.get(mine)!.fixed_ips
  const bare = [first!.ip_address, fixed_ip].map((addr) => ({ version: 4, addr }))
  assert.deepEqual(await ips(''), { addresses: { private: bare } })
  assert.deepEqual(await ips('/private'), { private: bare })
  assert.equal((await cloud.call('GET', `/servers/${id}/ips/public`)).status, 404)
  const addressed = async () => {
    const shownServer = (await cloud.call('GET', `/servers/${id}`)).json['server']
    return (shownServer as { addresses: { private: object[] } }).addresses.private
  }
  const macs = [mine, made.id].map((port) => cloud.neutron.ports.get(port)!.mac_address)
  const whole = bare.map((one, at) => ({
    ...one,
    'OS-EXT-IPS:type': 'fixed',
    'OS-EXT-IPS-MAC:mac_addr': macs[at],
  }))
  assert.deepEqual(await addressed(), whole)
  cloud.neutron.ports.get(mine)!.fixed_ips = [{ subnet_id: network, ip_address: 'fd00::9' }]
  const changed = { name: 'network-changed', server_uuid: id, tag: mine }
  const events = { events: [changed] }
  const service = cloud.as(['service'], 'service')
  assert.equal((await cloud.call('POST', '/os-server-external-events', events, service)).status, 200)
  assert.deepEqual(await addressed(), [{ ...whole[0], version: 6, addr: 'fd00::9' }, whole[1]])
  const found = async (query: string) => {
    const { json: list } = await cloud.call('GET', `/servers?${query}`, undefined, cloud.in('2.5'))
    return (list['servers'] as { id: string }[]).map((one) => one.id)
  }
  assert.deepEqual(await found('ip=^10.0.0.99$'), [id])
  assert.deepEqual(await found('ip6=^fd00'), [id])
  assert.deepEqual(await found('ip=fd00'), [])
  await destroyed(id)
  assert.equal(cloud.neutron.ports.has(made.id), false)
  assert.equal(cloud.neutron.ports.get(mine)!.device_id, '')
  assert.deepEqual(await rows(), [])
})

test('without a wish a server gets the only network there is; of several none is chosen', async () => {
  const id = await booted('auto')
  assert.equal(toldAtBoot().length, 1)
  await destroyed(id)
  scene.fresh()
  const bare = await booted('none')
  assert.deepEqual([toldAtBoot(), cloud.neutron.calls], [[], []])
  await destroyed(bare)
  const second = cloud.neutron.network('second')
  assert.equal((await boot('auto')).status, 409)
  cloud.neutron.networks.delete(second)
  const mine = cloud.neutron.port(network)
  assert.equal((await boot([{ uuid: randomUUID() }])).status, 400)
  assert.equal((await boot([{ port: randomUUID() }])).status, 400)
  assert.equal((await boot([{ port: mine }], { max_count: 2 })).status, 400)
  assert.equal((await boot([{ port: mine, fixed_ip: '10.0.0.3' }])).status, 400)
  assert.deepEqual(await rows(), [])
})

test('a server that cannot be started has its ports given back', async () => {
  const mine = cloud.neutron.port(network)
  const before = cloud.neutron.ports.size
  cloud.agent.plans.set('boot', () => failed('guest_not_started', 'no'))
  const id = await booted([{ port: mine }, { uuid: network }])
  assert.deepEqual([cloud.neutron.ports.size, cloud.neutron.ports.get(mine)!.device_id], [before, ''])
  assert.deepEqual(await rows(), [])
  await destroyed(id)
  // Before anything was started.
  cloud.neutron.refuse = ({ method }) => (method === 'PUT' ? 403 : undefined)
  const other = await booted([{ uuid: network }])
  assert.deepEqual([cloud.neutron.ports.size, await rows()], [before, []])
  await destroyed(other)
})

test('an answer that is lost makes no second port, and leaves none', async () => {
  const lost: string[] = []
  cloud.neutron.lose = ({ method, path }) => {
    const first = method !== 'GET' && !lost.includes(method)
    if (first) lost.push(method)
    return first && path.startsWith('/ports')
  }
  const before = cloud.neutron.ports.size
  const id = await booted([{ uuid: network }])
  assert.deepEqual(lost, ['POST', 'PUT'])
  assert.equal(cloud.neutron.ports.size, before + 1)
  await destroyed(id)
  assert.deepEqual([lost, cloud.neutron.ports.size], [['POST', 'PUT', 'DELETE'], before])
  await scene.nothingLeft()
  lost.length = 0
  assert.equal((await attach({ net_id: network })).status, 503)
  // The answer of the deletion is lost as well: a conductor makes up for it.
  await cloud.eventually(async () => (await rows()).length === 0)
  await scene.nothingLeft()
  assert.equal(cloud.neutron.ports.size, before)
})

test('a server that is deleted gives its ports back, the rest when neutron is there again', async () => {
  const mine = cloud.neutron.port(network)
  await attached({ port_id: mine })
  const { port } = await attached({})
  scene.fresh()
  cloud.neutron.refuse = ({ method }) => (method === 'PUT' ? 500 : undefined)
  assert.equal((await cloud.call('DELETE', `/servers/${server}`)).status, 204)
  await cloud.eventually(async () => (await cloud.call('GET', `/servers/${server}`)).status === 404)
  assert.equal(cloud.neutron.ports.has(port), false)
  assert.equal(cloud.neutron.ports.get(mine)!.device_id, server)
  cloud.neutron.refuse = undefined
  await scene.nothingLeft()
  assert.deepEqual(
    [cloud.neutron.ports.get(mine)!.device_id, cloud.neutron.ports.get(mine)!.bindings, await rows()],
    ['', [], []],
  )
})
