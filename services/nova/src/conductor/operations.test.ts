import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { Job } from '../jobs-protocol.ts'
import { testCloud, type TestCloud } from '../testing/cloud.ts'
import type { AskedJob } from '../testing/fake-agent.ts'

let cloud: TestCloud

before(async () => {
  cloud = await testCloud({ ownPostgresql: true })
})
after(async () => {
  await cloud.close()
})
beforeEach(async () => {
  const { agent, glance } = cloud
  agent.plans.clear()
  agent.calls.length = 0
  agent.jobs.length = 0
  agent.powerState = 'running'
  glance.refuse = undefined
  glance.calls.length = 0
  agent.plans.set('backup', () => ({ state: 'done', result: backup }))
  agent.plans.set('upload', upload)
})

const backup = {
  size: 5,
  sha512: 'ab'.repeat(64),
  md5: 'cd'.repeat(16),
  disk_format: 'qcow2',
  virtual_size: 20 * 2 ** 20,
  console_offset: { before: 1, after: 2 },
}
const running: Job = { state: 'running', progress: { done: 1, total: 2 } }
const failed = (code: string, message: string): Job => ({
  state: 'failed',
  error: { code, message, terminal: true },
})

/** What the real agent does: the image becomes active with what was uploaded. */
function upload({ request }: AskedJob): Job {
  assert.ok(request.kind === 'upload')
  const image = cloud.glance.images.get(request.params.image)!
  Object.assign(image, { status: 'active', os_hash_value: request.params.sha512 })
  return { state: 'done', result: {} }
}

/** Snapshots of a new server. */
async function snapshot(): Promise<{ server: string; image: string; request: string }> {
  const server = await cloud.activeServer()
  cloud.agent.calls.length = 0
  cloud.glance.calls.length = 0
  const body = { createImage: { name: 'snap', metadata: { a: 'b' } } }
  const answer = await cloud.call('POST', `/servers/${server}/action`, body)
  assert.equal(answer.status, 202)
  const image = String(answer.headers['location']).replace(/.*\//, '')
  return { server, image, request: String(answer.headers['x-openstack-request-id']) }
}

const idle = (server: Record<string, unknown>) => server['OS-EXT-STS:task_state'] === null
const deleted = async (id: string) => (await cloud.call('GET', `/servers/${id}`)).status === 404

interface Action {
  action: string
  message: string | null
  events: { event: string; result: string | null; details: string | null }[]
}

async function actionOf(server: string, request: string): Promise<Action> {
  const answer = await cloud.call(
    'GET',
    `/servers/${server}/os-instance-actions/${request}`,
    undefined,
    cloud.in('2.51'),
  )
  return answer.json['instanceAction'] as Action
}

test('without a host that reported, a server ends in ERROR with a fault, and is deleted at once', async () => {
  const body = { server: { name: 'vm', imageRef: cloud.imageId, flavorRef: '42' } }
  const created = await cloud.call('POST', '/servers', body)
  const { id } = created.json['server'] as { id: string }
  const server = await cloud.serverIs(id, (one) => one['status'] === 'ERROR')
  assert.match((server['fault'] as { message: string }).message, /No valid host/)
  assert.equal(server['OS-EXT-STS:task_state'], null)
  assert.equal((await cloud.call('DELETE', `/servers/${id}`)).status, 204)
  assert.ok(await deleted(id))
  assert.equal(await cloud.report([]), 200)
})

test('a server is scheduled, booted by its host with the sealed context, and deleted', async () => {
  const id = await cloud.activeServer()
  assert.deepEqual(cloud.agent.calls, ['PUT boot', 'FORGET'])
  const { request } = cloud.agent.jobs[0]!
  assert.equal(request.attempt, 1)
  assert.deepEqual(request.params, {
    image: { id: cloud.imageId, disk_format: 'qcow2' },
    flavor: { ram: 128, vcpus: 1, disk: 0 },
    name: 'vm',
  })
  assert.match(request.context ?? '', /^[\w-]{100,}$/)
  assert.equal((await cloud.call('DELETE', `/servers/${id}`)).status, 204)
  await cloud.eventually(() => deleted(id))
  assert.deepEqual(cloud.agent.calls.slice(2), ['PUT destroy', 'FORGET'])
})

test('a boot that fails for good is undone on the host and leaves the server in ERROR', async () => {
  cloud.agent.plans.set('boot', () => failed('http_401', '401 for GET http://glance/v2: not yours'))
  const body = { server: { name: 'vm', imageRef: cloud.imageId, flavorRef: '42', networks: [] } }
  const created = await cloud.call('POST', '/servers', body)
  const { id } = created.json['server'] as { id: string }
  const server = await cloud.serverIs(id, (one) => one['status'] === 'ERROR')
  assert.equal((server['fault'] as { message: string }).message, '401 from glance: not yours')
  assert.deepEqual(cloud.agent.calls, ['PUT boot', 'PUT destroy', 'FORGET'])
  const row = await cloud.db.kysely.selectFrom('servers').select('host').where('id', '=', id).execute()
  assert.deepEqual(row, [{ host: null }], 'the room on the host is free again')
})

test('a snapshot goes through its steps, and the image holds what the host uploaded', async () => {
  const { server, image, request } = await snapshot()
  await cloud.serverIs(server, idle)
  assert.deepEqual(cloud.agent.calls, ['PUT backup', 'PUT upload', 'FORGET'])
  const held = cloud.glance.images.get(image)!
  assert.equal(held.status, 'active')
  assert.equal(held['os_hash_value'], backup.sha512)
  assert.deepEqual([held['disk_format'], held['container_format'], held['min_disk']], ['qcow2', 'bare', 1])
  assert.deepEqual([held['instance_uuid'], held['image_type'], held['a']], [server, 'snapshot', 'b'])
  const about = cloud.glance.calls.map(({ method, path }) => `${method} ${path.replace(image, 'I')}`)
  assert.deepEqual(about, [
    'POST /v2/images',
    'GET /v2/images/I',
    'GET /v2/images/I',
    'PATCH /v2/images/I',
    'GET /v2/images/I',
  ])
  const tokens = new Set(cloud.glance.calls.map((call) => call.userToken))
  assert.equal(tokens.size, 1, "every call is made with the user's token")
  assert.ok(cloud.glance.calls.every((call) => call.serviceToken !== undefined))
  const action = await actionOf(server, request)
  assert.equal(action.action, 'createImage')
  assert.equal(action.message, null)
  assert.ok(action.events.every((event) => event.result === 'Success'))
  assert.ok(action.events.some((event) => event.event === 'compute_snapshot_instance'))
})

test('the context of an operation is sealed while it runs, erased when it ends, and no token is stored', async () => {
  let token: string | undefined
  cloud.agent.plans.set('backup', () => running)
  const { server } = await snapshot()
  await cloud.agent.called('PUT backup')
  token = cloud.glance.calls[0]?.userToken
  const query = cloud.db.kysely.selectFrom('operations').select(['context', 'input'])
  const rows = () => query.where('server_id', '=', server).where('kind', '=', 'create-image').execute()
  const [row] = await rows()
  assert.ok(token && row?.context && !JSON.stringify(row).includes(token))
  cloud.agent.plans.set('backup', () => ({ state: 'done', result: backup }))
  await cloud.serverIs(server, idle)
  assert.equal((await rows())[0]?.context, null)
})

test("an expired user's token ends a snapshot: image deleted, server ACTIVE, the reason in the action", async () => {
  const { server, image, request } = await (async () => {
    cloud.agent.plans.set('backup', () => {
      const user = cloud.glance.calls[0]?.userToken
      cloud.glance.refuse = (call) => (call.userToken === user ? 401 : undefined)
      return { state: 'done', result: backup }
    })
    return await snapshot()
  })()
  const shown = await cloud.serverIs(server, idle)
  assert.equal(shown['status'], 'ACTIVE')
  await cloud.eventually(async () => !cloud.glance.images.has(image))
  const action = await actionOf(server, request)
  assert.match(action.message ?? '', /^Error: 401 from glance: /)
  const broken = action.events.filter((event) => event.result === 'Error').map((event) => event.event)
  assert.deepEqual(broken.toSorted(), ['compute_snapshot_instance', 'update-image'])
  const deletion = cloud.glance.calls.findLast((call) => call.method === 'DELETE')
  assert.notEqual(deletion?.userToken, cloud.glance.calls[0]?.userToken, "nova's own token deletes")
  assert.equal(cloud.agent.calls.at(-1), 'FORGET')
})

test('a guest that dies during the backup: image deleted, server SHUTOFF', async () => {
  cloud.agent.plans.set('backup', () => {
    cloud.agent.powerState = 'shutdown'
    return failed('guest_stopped', 'the guest ended during the backup')
  })
  const { server, image, request } = await snapshot()
  const shown = await cloud.serverIs(server, idle)
  assert.equal(shown['status'], 'SHUTOFF')
  assert.equal(cloud.glance.images.has(image), false)
  assert.equal((await actionOf(server, request)).message, 'Error: the guest ended during the backup')
})

test('deleting a server in the middle of its snapshot cancels the job, deletes the image and then the server', async () => {
  cloud.agent.plans.set('backup', () => running)
  const { server, image } = await snapshot()
  await cloud.agent.called('PUT backup')
  assert.equal((await cloud.call('DELETE', `/servers/${server}`)).status, 204)
  assert.equal((await cloud.call('DELETE', `/servers/${server}`)).status, 204, 'asking again is fine')
  await cloud.eventually(() => deleted(server))
  assert.equal(cloud.glance.images.has(image), false)
  const tail = cloud.agent.calls.slice(cloud.agent.calls.indexOf('DELETE backup'))
  assert.deepEqual(tail, ['DELETE backup', 'FORGET', 'PUT destroy', 'FORGET'])
})

test('a server has one operation at a time: a second snapshot is refused with 409 and leaves no image', async () => {
  cloud.agent.plans.set('backup', () => running)
  const { server } = await snapshot()
  const images = cloud.glance.images.size
  const second = await cloud.call('POST', `/servers/${server}/action`, { createImage: { name: 'two' } })
  assert.equal(second.status, 409)
  assert.match(JSON.stringify(second.json), /conflictingRequest.*task_state image_/)
  assert.equal(cloud.glance.images.size, images)
  cloud.agent.plans.set('backup', () => ({ state: 'done', result: backup }))
  await cloud.serverIs(server, idle)
})

test('a conductor killed in the middle of the backup goes on with it when it is back, with a higher attempt', async () => {
  cloud.agent.plans.set('backup', () => running)
  const { server, image } = await snapshot()
  await cloud.agent.called('PUT backup')
  await cloud.conductor.kill()
  cloud.agent.plans.set('backup', () => ({ state: 'done', result: backup }))
  await cloud.conductor.start()
  await cloud.serverIs(server, idle)
  assert.equal(cloud.glance.images.get(image)?.status, 'active')
  const backups = cloud.agent.jobs.filter((job) => job.step === 'backup')
  assert.deepEqual([...new Set(backups.map((job) => job.request.attempt))], [1, 2])
  assert.equal(new Set(backups.map((job) => job.operation)).size, 1)
})

test('what a conductor held that does not come back is taken over by another one, once', async () => {
  cloud.agent.plans.set('backup', () => running)
  const { server, image } = await snapshot()
  await cloud.agent.called('PUT backup')
  await cloud.conductor.kill()
  const reported_at = new Date(Date.now() - 36_001_000)
  await cloud.db.kysely
    .updateTable('services')
    .set({ reported_at })
    .where('host', '=', 'controller')
    .execute()
  cloud.agent.plans.set('backup', () => ({ state: 'done', result: backup }))
  const others = ['second', 'third'].map((host) => cloud.anotherConductor(host))
  await Promise.all(others.map((conductor) => conductor.start()))
  await cloud.serverIs(server, idle)
  await Promise.all(others.map((conductor) => conductor.kill()))
  assert.equal(cloud.glance.images.get(image)?.status, 'active')
  const attempts = new Set(cloud.agent.jobs.map((job) => job.request.attempt))
  assert.deepEqual([...attempts], [1, 2])
  const taken = others.flatMap(({ log }) => log.filter((line) => line['from'] === 'controller'))
  assert.equal(taken.length, 1)
  await cloud.conductor.start()
})

test('PostgreSQL killed and started again in the middle: the conductor lives on and the snapshot succeeds', async () => {
  cloud.agent.plans.set('backup', () => running)
  const { server, image } = await snapshot()
  await cloud.agent.called('PUT backup')
  await cloud.postgresql.kill()
  cloud.agent.plans.set('backup', () => ({ state: 'done', result: backup }))
  await cloud.postgresql.start()
  await cloud.eventually(async () => cloud.glance.images.get(image)?.status === 'active')
  await cloud.serverIs(server, idle)
  const starts = cloud.conductor.log.filter((line) => line['msg'] === 'ready')
  assert.equal(starts.length, 3, 'one start at the beginning, one after each kill of the tests before')
})

test('an image whose operation never began is removed after a while', async () => {
  const id = '4e3e3ee5-7a7c-4d52-9c4e-6f2b64a7b1f3'
  cloud.glance.images.set(id, { id, status: 'queued' })
  const created_at = new Date(Date.now() - 60_000)
  const row = { image_id: id, server_id: 's', operation_id: 'o', created_at }
  await cloud.db.kysely.insertInto('image_reservations').values(row).execute()
  await cloud.eventually(async () => !cloud.glance.images.has(id))
  await cloud.eventually(async () => {
    const left = await cloud.db.kysely.selectFrom('leftovers').select('id').execute()
    return left.length === 0
  })
})

test('an idle server follows what its host reports; a busy one does not', async () => {
  const id = await cloud.activeServer()
  assert.equal(await cloud.report([{ id, power_state: 'shutdown' }]), 200)
  assert.equal((await cloud.serverIs(id, () => true))['status'], 'SHUTOFF')
  assert.equal(await cloud.report([{ id, power_state: 'running' }]), 200)
  assert.equal((await cloud.serverIs(id, () => true))['status'], 'ACTIVE')
  assert.equal(await cloud.report([{ id, power_state: 'shutdown' }], 60_000), 200)
  assert.equal((await cloud.serverIs(id, () => true))['status'], 'ACTIVE', 'the host looked before that')
  cloud.agent.plans.set('backup', () => running)
  await cloud.call('POST', `/servers/${id}/action`, { createImage: { name: 'snap' } })
  assert.equal(await cloud.report([]), 200)
  assert.equal((await cloud.serverIs(id, () => true))['status'], 'ACTIVE')
  cloud.agent.plans.set('backup', () => ({ state: 'done', result: backup }))
  await cloud.serverIs(id, idle)
})
