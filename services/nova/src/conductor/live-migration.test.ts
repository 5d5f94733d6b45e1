import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import type { Job } from '../jobs-protocol.ts'
import type { Version } from '../microversions.ts'
import { testCloud, type TestCloud } from '../testing/cloud.ts'
import { fakeAgent, type FakeAgent } from '../testing/fake-agent.ts'
import { volumeScene, type VolumeScene } from '../testing/volumes.ts'
import { removeLeftover } from './leftovers.ts'

let cloud: TestCloud
let scene: VolumeScene
/** By the names of their hosts. */
let agents: { compute1: FakeAgent; compute2: FakeAgent }
let server: string
let volume: string
let port: string

before(async () => {
  cloud = await testCloud()
  scene = volumeScene(cloud)
  await cloud.report([])
  server = await cloud.activeServer()
  volume = await scene.attached(server)
  port = cloud.neutron.port(cloud.neutron.network())
  const wanted = { interfaceAttachment: { port_id: port } }
  await scene.ended(server, await cloud.call('POST', `/servers/${server}/os-interface`, wanted))
  agents = { compute1: cloud.agent, compute2: await fakeAgent() }
  await cloud.reportOf('compute2', agents.compute2.url)
})
after(async () => {
  await cloud.close()
  await agents.compute2.close()
})
beforeEach(() => {
  scene.fresh()
  const { compute2 } = agents
  compute2.plans.clear()
  compute2.calls.length = 0
  compute2.jobs.length = 0
  for (const agent of Object.values(agents)) {
    agent.plans.set('prepare-incoming', () => ({ state: 'done', result: { destination: awaited } }))
    agent.plans.set('migrate', () => ({ state: 'done', result: moved }))
    agent.plans.set('finish-migration', () => ({ state: 'done', result: { power_state: 'running' } }))
  }
})

const awaited = { host: '127.0.0.1', port: 49_152, tls: false, post_copy: true }
const moved = { running: true, post_copy: false }
const failed = (code: string, message: string): Job => ({
  state: 'failed',
  error: { code, message, terminal: true },
})

const admin = (version: Version = '2.80') => cloud.in(version, cloud.as(['admin', 'member', 'reader']))
const migrate = (wanted: object = {}, headers = admin()) =>
  cloud.call(
    'POST',
    `/servers/${server}/action`,
    { 'os-migrateLive': { host: null, block_migration: 'auto', ...wanted } },
    headers,
  )

/** Where the server is, and what the newest migration says of it. */
async function outcome() {
  const { json } = await cloud.call('GET', `/servers/${server}`, undefined, admin())
  const shown = json['server'] as Record<string, unknown>
  const list = await cloud.call('GET', '/os-migrations', undefined, admin())
  const [migration] = list.json['migrations'] as Record<string, unknown>[]
  const attachments = [...cloud.cinder.attachments.values()].filter((one) => one.volume_id === volume)
  return {
    host: shown['OS-EXT-SRV-ATTR:host'],
    task: shown['OS-EXT-STS:task_state'],
    vm: shown['OS-EXT-STS:vm_state'],
    status: migration?.['status'],
    connected: attachments.map(({ connector, status }) => [
      connector?.['host'],
      connector?.['mountpoint'],
      status,
    ]),
    bound: cloud.neutron.ports.get(port)!.bindings.map((one) => [one.host, one.status]),
  }
}

/** The agents in the roles of a migration from where the server is. */
async function roles() {
  const source = (await outcome()).host as keyof typeof agents
  const destination = source === 'compute1' ? 'compute2' : 'compute1'
  return { source, destination, from: agents[source], to: agents[destination] } as const
}

const begun = async (status = 'running') => {
  await cloud.eventually(async () => (await outcome()).status === status)
  const { json } = await cloud.call('GET', `/servers/${server}/migrations`, undefined, admin())
  return (json['migrations'] as { id: number }[])[0]!
}

test('a server moves with its volume while its token expires', async () => {
  const { destination, from, to } = await roles()
  from.plans.set('migrate', () => {
    cloud.cinder.expired.add(cloud.cinder.calls.at(-1)?.userToken)
    return { state: 'done', result: moved }
  })
  const chain = `req-${crypto.randomUUID()}`
  const answer = await migrate({ host: destination }, { ...admin(), 'x-openstack-request-id': chain })
  assert.equal(answer.status, 202)
  const action = await scene.ended(server, answer)
  assert.equal(action.action, 'live-migration')
  assert.equal(action.message, null)
  assert.equal(cloud.cinder.expired.size, 1)
  assert.deepEqual(await outcome(), {
    host: destination,
    task: null,
    vm: 'active',
    status: 'completed',
    connected: [[destination, '/dev/vdb', 'attached']],
    bound: [[destination, 'ACTIVE']],
  })
  assert.deepEqual(from.calls, ['GET machine', 'PUT migrate', 'PUT confirm-source', 'FORGET'])
  assert.deepEqual(to.calls, ['PUT prepare-incoming', 'PUT finish-migration', 'FORGET'])
  const [attachment] = cloud.cinder.attachments.values()
  const [prepared] = to.jobs
  const { volumes } = prepared!.request.params as { volumes: { id: string; connection_info: object }[] }
  assert.deepEqual(
    volumes.map(({ id, connection_info: info }) => [id, (info as { data: object }).data]),
    [[volume, { host: '127.0.0.1', export: attachment!.id, auth_password: 'chap-secret-of-the-volume' }]],
  )
  const { ports } = prepared!.request.params as { ports: object[] }
  const { mac_address } = cloud.neutron.ports.get(port)!
  const vif_details = { host: '127.0.0.1', port: 4789, of: destination }
  assert.deepEqual(ports, [{ id: port, mac_address, mtu: 1400, vif_type: 'dgram', vif_details }])
  const [row] = await cloud.db.kysely.selectFrom('block_device_mappings').selectAll().execute()
  assert.equal(row?.attachment_id, attachment!.id)
  const calls = [...cloud.cinder.calls, ...cloud.neutron.calls]
  assert.deepEqual([...new Set(calls.map(({ requestId }) => requestId))], [chain], 'as the user and as nova')
})

test('what an earlier try has reserved, or connected for another host, makes way', async () => {
  const reserved = { status: 'reserved', instance: server, volume_id: volume, connection_info: {} }
  const connection_info = { driver_volume_type: 'nbd' }
  const elsewhere = { ...reserved, status: 'attaching', connection_info, connector: { host: 'compute9' } }
  for (const one of [reserved, elsewhere]) {
    const stray = { ...one, id: randomUUID() }
    const { destination } = await roles()
    cloud.cinder.attachments.set(stray.id, stray)
    assert.equal((await scene.ended(server, await migrate())).message, null)
    assert.deepEqual((await outcome()).connected, [[destination, '/dev/vdb', 'attached']])
  }
})

test('what a migration left is not touched while something is done with its server', async () => {
  const { id } = await cloud.db.kysely
    .selectFrom('operations')
    .select('id')
    .where('kind', '=', 'live-migration')
    .executeTakeFirstOrThrow()
  const left = { resource_id: id, operation_id: id, host: null, attempt: 1 }
  const nobody = { images: undefined, volumes: undefined, network: undefined }
  const agent = () => Promise.reject(new Error('no agent is asked'))
  const { kysely: db } = cloud.db
  const remove = (kind: string) => removeLeftover({ db, ...nobody, agent }, { ...left, kind }, async () => {})
  const kinds = ['migration-attachments', 'migration-bindings']
  await cloud.db.kysely.transaction().execute(async (trx) => {
    await trx.selectFrom('servers').select('id').where('id', '=', server).forUpdate().execute()
    for (const kind of kinds) await assert.rejects(remove(kind), { code: 'server_busy' })
  })
  for (const kind of kinds) await assert.rejects(remove(kind), { code: 'credentials_missing' })
})

test('refused when the volume is to be let go: one attachment, where the server is, and the reason is told', async () => {
  const { destination, from } = await roles()
  let user: string | undefined
  from.plans.set('migrate', () => {
    user = cloud.cinder.calls.at(-1)?.userToken
    return { state: 'done', result: moved }
  })
  cloud.cinder.refuse = ({ userToken }) => (user !== undefined && userToken === user ? 401 : undefined)
  const action = await scene.ended(server, await migrate())
  assert.match(String(action.message), /^Error: 401 from cinder: /)
  assert.deepEqual(await outcome(), {
    host: destination,
    task: null,
    vm: 'active',
    status: 'error',
    connected: [[destination, '/dev/vdb', 'attached']],
    bound: [[destination, 'ACTIVE']],
  })
})

test('a port that the destination cannot wire keeps the server where it is, before anything is prepared', async () => {
  const { source, destination, to } = await roles()
  cloud.neutron.unwired.add(destination)
  const action = await scene.ended(server, await migrate())
  cloud.neutron.unwired.clear()
  assert.match(String(action.message), /^Error: port \S+ cannot be bound to the destination$/)
  assert.deepEqual(to.calls, [])
  assert.deepEqual(await outcome(), {
    host: source,
    task: null,
    vm: 'active',
    status: 'error',
    connected: [[source, '/dev/vdb', 'attached']],
    bound: [[source, 'ACTIVE']],
  })
})

test('a binding that is there for the destination is taken; one that is active already is fine', async () => {
  const { destination } = await roles()
  const vif_details = { host: '127.0.0.1', port: 4789, of: 'earlier' }
  cloud.neutron.ports
    .get(port)!
    .bindings.push({ host: destination, status: 'INACTIVE', vif_type: 'dgram', vif_details })
  const asked: string[] = []
  cloud.neutron.refuse = ({ method, path, userToken }) => {
    asked.push(`${method} ${path.replace(`/ports/${port}`, '')}`)
    if (cloud.neutron.members.has(userToken)) return 403
    // It was activated, and the answer lost.
    if (!path.endsWith('/activate') || asked.filter((one) => one.endsWith('/activate')).length > 1)
      return undefined
    for (const one of cloud.neutron.ports.get(port)!.bindings) {
      one.status = one.host === destination ? 'ACTIVE' : 'INACTIVE'
    }
    return 409
  }
  assert.equal((await scene.ended(server, await migrate())).message, null)
  const { host, bound } = await outcome()
  assert.deepEqual([host, bound], [destination, [[destination, 'ACTIVE']]])
  assert.ok(asked.includes('POST /bindings'))
  assert.ok(cloud.neutron.calls.every(({ serviceToken }) => serviceToken !== undefined))
})

test('refused when the bindings are to be activated: the server is there, the reason is told, and they are made right later', async () => {
  const { source, destination, from } = await roles()
  cloud.neutron.refuse = ({ path }) => (path.endsWith('/activate') ? 403 : undefined)
  const action = await scene.ended(server, await migrate())
  assert.match(String(action.message), /^Error: 403 from neutron: /)
  assert.ok(from.calls.includes('PUT confirm-source'))
  const expected = {
    host: destination,
    task: null,
    vm: 'active',
    status: 'error',
    connected: [[destination, '/dev/vdb', 'attached']],
  }
  const bound = [
    [source, 'ACTIVE'],
    [destination, 'INACTIVE'],
  ]
  assert.deepEqual(await outcome(), { ...expected, bound })
  cloud.neutron.refuse = undefined
  await scene.nothingLeft()
  assert.deepEqual(await outcome(), { ...expected, bound: [[destination, 'ACTIVE']] })
})

test('what the destination cannot take stays where it is', async () => {
  const { source, from, to } = await roles()
  to.plans.set('prepare-incoming', () => failed('disk_present', 'a disk is there already'))
  const action = await scene.ended(server, await migrate())
  assert.equal(action.message, 'Error: a disk is there already')
  assert.deepEqual(to.calls, ['PUT prepare-incoming', 'PUT abandon-incoming', 'FORGET'])
  assert.deepEqual(from.calls, ['GET machine', 'PUT reclaim-source', 'FORGET'])
  assert.deepEqual(await outcome(), {
    host: source,
    task: null,
    vm: 'active',
    status: 'error',
    connected: [[source, '/dev/vdb', 'attached']],
    bound: [[source, 'ACTIVE']],
  })
})

test('a migration is shown with its progress, and aborted', async () => {
  const { source, destination, from, to } = await roles()
  const memory = { total: 100, processed: 60, remaining: 40 }
  from.plans.set('migrate', () => ({ state: 'running', progress: { done: 60, total: 100, memory } }))
  const answer = await migrate()
  const { id } = await begun()
  const path = `/servers/${server}/migrations/${id}`
  let shown: Record<string, unknown> = {}
  await cloud.eventually(async () => {
    const { json } = await cloud.call('GET', path, undefined, admin())
    shown = json['migration'] as Record<string, unknown>
    return shown['memory_total_bytes'] !== null
  })
  const { memory_processed_bytes, memory_remaining_bytes, disk_total_bytes } = shown
  assert.deepEqual([memory_processed_bytes, memory_remaining_bytes, disk_total_bytes], [60, 40, null])
  assert.deepEqual([shown['source_compute'], shown['dest_compute']], [source, destination])
  const { json } = await cloud.call('GET', `/servers/${server}`)
  assert.equal((json['server'] as Record<string, unknown>)['status'], 'MIGRATING')
  const manager = cloud.in('2.80', cloud.as(['manager', 'member']))
  const { json: told } = await cloud.call('GET', '/os-migrations', undefined, manager)
  const [newest] = told['migrations'] as Record<string, unknown>[]
  assert.deepEqual(
    [newest?.['status'], newest?.['source_compute']],
    ['running', null],
    'hosts are not for managers',
  )
  for (const filter of [`host=${source}`, `source_compute=${source}`]) {
    assert.equal((await cloud.call('GET', `/os-migrations?${filter}`, undefined, manager)).status, 403)
    const { status } = await cloud.call('GET', `/os-migrations?${filter}`, undefined, admin())
    assert.equal(status, 200)
  }
  const hidden = (await cloud.call('GET', path, undefined, manager)).json['migration']
  assert.equal((hidden as Record<string, unknown>)['dest_compute'], null)
  assert.equal((await migrate()).status, 409)
  assert.equal((await cloud.call('DELETE', path, undefined, cloud.in('2.80'))).status, 403)

  assert.equal((await cloud.call('DELETE', path, undefined, admin())).status, 202)
  const action = await scene.ended(server, answer)
  assert.equal(action.message, 'Error: the live migration was aborted')
  assert.deepEqual(await outcome(), {
    host: source,
    task: null,
    vm: 'active',
    status: 'cancelled',
    connected: [[source, '/dev/vdb', 'attached']],
    bound: [[source, 'ACTIVE']],
  })
  assert.ok(from.calls.includes('DELETE migrate'))
  assert.deepEqual(to.calls, ['PUT prepare-incoming', 'PUT abandon-incoming', 'FORGET'])
  assert.equal(
    (await cloud.call('GET', path, undefined, admin())).status,
    404,
    'it is not under way any more',
  )
  assert.equal((await cloud.call('DELETE', path, undefined, admin())).status, 409)
})

test('a migration is forced to complete, once', async () => {
  const { destination, from } = await roles()
  let forced = false
  from.plans.set('migrate', () => (forced ? { state: 'done', result: moved } : { state: 'running' }))
  from.plans.set('force-complete', () => {
    forced = true
    return { state: 'done', result: {} }
  })
  const answer = await migrate()
  const { id } = await begun()
  const path = `/servers/${server}/migrations/${id}/action`
  assert.equal((await cloud.call('POST', path, { force_complete: null }, admin())).status, 202)
  assert.equal((await scene.ended(server, answer)).message, null)
  assert.equal((await outcome()).host, destination)
  assert.equal(from.calls.filter((call) => call === 'PUT force-complete').length, 1)
  assert.equal((await cloud.call('POST', path, { force_complete: null }, admin())).status, 409)
})

test('a destination that cannot let the machine go on gives it back', async () => {
  const { source, from, to } = await roles()
  to.plans.set('finish-migration', () => failed('guest_absent', 'the guest is not on this host'))
  const action = await scene.ended(server, await migrate())
  assert.equal(action.message, 'Error: the guest is not on this host')
  assert.equal((await outcome()).host, source)
  assert.ok(from.calls.includes('PUT reclaim-source'))
  assert.ok(!from.calls.includes('PUT confirm-source'))
})

for (const [moment, plans] of [
  ['on the way', { migrate: failed('migration_failed', 'the destination does not answer') }],
  ['before the machine goes on there', {}],
] as const) {
  test(`a destination that is gone ${moment} is waited for, until an administrator says that it is down`, async () => {
    const { source, destination, from, to } = await roles()
    const away: Job = { state: 'failed', error: { code: 'away', message: 'no route', terminal: false } }
    for (const [step, answer] of Object.entries(plans)) from.plans.set(step, () => answer)
    for (const step of ['finish-migration', 'abandon-incoming']) to.plans.set(step, () => away)
    const answer = await migrate()
    await to.called('migrate' in plans ? 'PUT abandon-incoming' : 'PUT finish-migration')
    assert.ok(!from.calls.includes('PUT reclaim-source'))
    const forced = (forced_down: boolean) =>
      cloud.db.kysely.updateTable('services').set({ forced_down }).where('host', '=', destination).execute()
    await forced(true)
    const action = await scene.ended(server, answer)
    await forced(false)
    const reason = 'migrate' in plans ? plans.migrate.error!.message : 'the destination was said to be down'
    assert.equal(action.message, `Error: ${reason}`)
    assert.equal((await outcome()).host, source)
    assert.ok(from.calls.includes('PUT reclaim-source'))
  })
}

test('a machine that has run at its destination never goes on at its source', async () => {
  const { destination, from, to } = await roles()
  to.plans.set('finish-migration', () => failed('guest_stopped', 'the guest does not run'))
  to.plans.set('abandon-incoming', () => failed('guest_present', 'the guest is on this host'))
  assert.equal((await scene.ended(server, await migrate())).message, null)
  assert.equal((await outcome()).host, destination)
  assert.ok(!from.calls.includes('PUT reclaim-source'))
})

test('a migration that fails after its machine went on at the destination leaves it there', async () => {
  const { destination, from, to } = await roles()
  from.plans.set('migrate', () => failed('migration_failed', 'the connection broke in post-copy'))
  to.plans.set('abandon-incoming', () => failed('guest_present', 'the guest is on this host'))
  const action = await scene.ended(server, await migrate())
  assert.equal(action.message, 'Error: the connection broke in post-copy')
  assert.deepEqual(await outcome(), {
    host: destination,
    task: null,
    vm: 'active',
    status: 'error',
    connected: [[destination, '/dev/vdb', 'attached']],
    bound: [[destination, 'ACTIVE']],
  })
  assert.ok(from.calls.includes('PUT confirm-source'))
  assert.ok(!from.calls.includes('PUT reclaim-source'))
})

test('a conductor that is killed on the way goes on with it, and a source that is away is confirmed later', async () => {
  const { destination, from } = await roles()
  let state: Job = { state: 'running' }
  from.plans.set('migrate', () => state)
  from.plans.set('confirm-source', () => failed('guest_not_moved', 'not yet'))
  const answer = await migrate()
  await begun()
  await from.called('PUT migrate')
  await cloud.conductor.kill()
  state = { state: 'done', result: moved }
  await cloud.conductor.start()
  assert.equal((await scene.ended(server, answer)).message, null)
  assert.equal((await outcome()).host, destination)
  const left = await cloud.db.kysely.selectFrom('leftovers').select(['kind', 'host']).execute()
  assert.deepEqual(
    left.map(({ kind }) => kind),
    ['source-guest'],
  )
  from.plans.delete('confirm-source')
  await scene.nothingLeft()
  const attempts = from.jobs.filter(({ step }) => step === 'migrate').map(({ request }) => request.attempt)
  assert.ok(Math.max(...attempts) > Math.min(...attempts), 'the second execution has a higher attempt')
})

test('what cannot be asked for is refused', async () => {
  const { source, destination } = await roles()
  const status = async (wanted: object, headers = admin()) => (await migrate(wanted, headers)).status
  assert.equal(await status({}, cloud.in('2.80')), 403, 'a member')
  assert.equal(await status({ host: destination }, cloud.in('2.80', cloud.as(['manager', 'member']))), 403)
  assert.equal(await status({ host: source }), 400, 'it is there')
  assert.equal(await status({ host: 'nowhere' }), 400)
  assert.equal(await status({ block_migration: 'perhaps' }), 400)
  assert.equal(await status({ disk_over_commit: false }), 400, 'after 2.24')
  assert.equal(await status({}, admin('2.24')), 400, 'disk_over_commit is required')
  assert.equal(await status({ force: true }, admin('2.30')), 400, 'forced to no host')
  const unknown = await cloud.call('GET', `/servers/${server}/migrations/999`, undefined, admin())
  assert.equal(unknown.status, 404)
  assert.equal((await cloud.call('GET', '/os-migrations', undefined, cloud.in('2.80'))).status, 403)
  assert.equal((await cloud.call('GET', '/os-migrations?nonsense=1', undefined, admin())).status, 400)
  const { json } = await cloud.call('GET', '/os-migrations?limit=1', undefined, admin())
  assert.equal((json['migrations'] as object[]).length, 1)
  assert.ok(json['migrations_links'])
})
