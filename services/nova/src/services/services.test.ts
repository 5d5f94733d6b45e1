import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { testCloud, type TestCloud } from '../testing/cloud.ts'

let cloud: TestCloud
let admin: Record<string, string>

before(async () => {
  cloud = await testCloud()
  admin = cloud.as(['admin'], 'admin')
  await cloud.report([])
  await cloud.eventually(async () => (await list('?binary=nova-conductor')).length === 1)
})
after(async () => {
  await cloud.close()
})

type Service = Record<string, unknown> & { id: string }

async function list(query = '', headers = admin): Promise<Service[]> {
  const answer = await cloud.call('GET', `/os-services${query}`, undefined, headers)
  assert.equal(answer.status, 200)
  return answer.json['services'] as Service[]
}
const put = (id: string, body: object, headers = admin) =>
  cloud.call('PUT', `/os-services/${id}`, body, headers)
const message = (answer: { json: Record<string, unknown> }) =>
  (Object.values(answer.json)[0] as { message: string }).message
const compute = { host: 'compute1', binary: 'nova-compute' }

test('hosts and conductors that report are listed, by number and from 2.53 on by UUID', async () => {
  const services = await list()
  const shown = services.map(({ binary, host, zone, status, state }) =>
    [binary, host, zone, status, state].join(' '),
  )
  assert.deepEqual(shown.toSorted(), [
    'nova-compute compute1 nova enabled up',
    'nova-conductor controller internal enabled up',
  ])
  assert.equal(typeof services[0]!.id, 'number')
  assert.ok(!('forced_down' in services[0]!))
  const [later] = await list('?host=compute1', cloud.in('2.53', admin))
  assert.match(later!.id, /^[0-9a-f-]{36}$/)
  assert.equal(later!['forced_down'], false)
  assert.deepEqual(await list('?host=elsewhere'), [])
})

test('a host that is silent for too long is down', async () => {
  const old = new Date(Date.now() - 61_000)
  await cloud.db.kysely
    .updateTable('services')
    .set({ reported_at: old })
    .where('host', '=', 'compute1')
    .execute()
  assert.equal((await list('?binary=nova-compute'))[0]!['state'], 'down')
  cloud.serviceDownTime = 120
  assert.equal((await list('?binary=nova-compute'))[0]!['state'], 'up', 'the time that is allowed by now')
  cloud.serviceDownTime = 60
  await cloud.report([])
  assert.equal((await list('?binary=nova-compute'))[0]!['state'], 'up')
})

test('up to 2.52 a host is disabled by name, with a reason or without, and enabled again', async () => {
  const one = async () => (await list('?binary=nova-compute'))[0]!
  assert.deepEqual((await put('disable', compute)).json, { service: { ...compute, status: 'disabled' } })
  assert.equal((await one())['status'], 'disabled')
  const reason = { disabled_reason: 'repair' }
  const disabled = { service: { ...compute, status: 'disabled', ...reason } }
  assert.deepEqual((await put('disable-log-reason', { ...compute, ...reason })).json, disabled)
  assert.equal((await one())['disabled_reason'], 'repair')
  assert.deepEqual((await put('enable', compute)).json, { service: { ...compute, status: 'enabled' } })
  assert.deepEqual([(await one())['status'], (await one())['disabled_reason']], ['enabled', null])
})

test('what cannot be done to a service is told', async () => {
  for (const [answer, status, text] of [
    [await put('disable-log-reason', compute), 400, 'Missing disabled reason field'],
    [await put('restart', compute), 404, 'Unknown action'],
    [await put('force-down', { ...compute, forced_down: true }), 400, undefined],
    [await put('force-down', compute, cloud.in('2.11', admin)), 400, 'Missing forced_down field'],
    [
      await put('disable', { ...compute, host: 'other' }),
      404,
      'Could not find binary nova-compute on host other.',
    ],
    [
      await put('disable', { host: 'controller', binary: 'nova-conductor' }),
      400,
      'Updating a nova-conductor service is not supported. Only nova-compute services can be updated.',
    ],
  ] as const) {
    assert.equal(answer.status, status, JSON.stringify(answer.json))
    if (text !== undefined) assert.equal(message(answer), text)
  }
})

test('from 2.11 on a host is said to be down, and is until it is taken back', async () => {
  const at = cloud.in('2.11', admin)
  const force = async (down: boolean | string) =>
    await put('force-down', { ...compute, forced_down: down }, at)
  assert.deepEqual((await force('True')).json, { service: { ...compute, forced_down: true } })
  const [down] = await list('?binary=nova-compute', at)
  assert.deepEqual([down!['state'], down!['forced_down']], ['down', true])
  await force(false)
  assert.equal((await list('?binary=nova-compute', at))[0]!['state'], 'up')
})

test('from 2.53 on a service is changed by its UUID and shown whole', async () => {
  const at = cloud.in('2.53', admin)
  const [{ id }] = (await list('?binary=nova-compute', at)) as [Service]
  const disabled = await put(id, { status: 'disabled', disabled_reason: 'tired' }, at)
  const service = disabled.json['service'] as Service
  assert.deepEqual(
    [service.id, service['status'], service['disabled_reason'], service['forced_down']],
    [id, 'disabled', 'tired', false],
  )
  for (const [path, body, status] of [
    [id, {}, 400],
    [id, { status: 'enabled', disabled_reason: 'why' }, 400],
    [id, { status: 'asleep' }, 400],
    ['enable', { status: 'enabled' }, 400],
    [crypto.randomUUID(), { status: 'enabled' }, 404],
  ] as const) {
    assert.equal((await put(path, body, at)).status, status, JSON.stringify(body))
  }
  const [conductor] = await list('?binary=nova-conductor', at)
  assert.equal((await put(conductor!.id, { status: 'disabled' }, at)).status, 400)
  assert.equal((await put(id, { status: 'enabled' }, at)).status, 200)
})

test('a disabled host gets no new server', async () => {
  const build = async () => {
    const server = { name: 'vm', imageRef: cloud.imageId, flavorRef: '42', networks: [] }
    const { id } = (await cloud.call('POST', '/servers', { server })).json['server'] as { id: string }
    return await cloud.serverIs(id, (one) => one['status'] !== 'BUILD')
  }
  await put('disable', compute)
  const failed = await build()
  assert.equal(failed['status'], 'ERROR')
  assert.match((failed['fault'] as { message: string }).message, /No valid host was found/)
  await put('enable', compute)
  assert.equal((await build())['status'], 'ACTIVE')
})

test('a host with servers cannot be forgotten, others can and come back with their next report', async () => {
  const id = await cloud.activeServer()
  const [{ id: number }] = (await list('?binary=nova-compute')) as [Service]
  const remove = (which: unknown, headers = admin) =>
    cloud.call('DELETE', `/os-services/${String(which)}`, undefined, headers)
  const refused = await remove(number)
  assert.equal(refused.status, 409)
  assert.match(message(refused), /hosting instances/)
  assert.equal((await remove('x')).status, 400)
  assert.equal((await remove(999_999)).status, 404)
  assert.equal((await remove(number, cloud.in('2.53', admin))).status, 400)

  const payload = {
    url: cloud.agent.url,
    protocol: 1,
    capacity: { vcpus: 1, memory_mb: 1, disk_gb: 1 },
    guests: [],
  }
  const headers = cloud.as(['nova-compute'], 'service')
  const report = () =>
    cloud.api.internal.inject({ method: 'PUT', url: '/internal/v1/hosts/spare', headers, payload })
  await report()
  const [{ id: uuid }] = (await list('?host=spare', cloud.in('2.53', admin))) as [Service]
  assert.equal((await remove(uuid, cloud.in('2.53', admin))).status, 204)
  assert.deepEqual(await list('?host=spare'), [])
  await report()
  assert.equal((await list('?host=spare')).length, 1)
  await cloud.call('DELETE', `/servers/${id}`)
})
