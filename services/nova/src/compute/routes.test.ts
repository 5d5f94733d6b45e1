import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Job } from '../jobs-protocol.ts'
import { volumeSchema } from './device-schema.ts'
import { bootParams, host, sealedFor } from './fixtures/agent-bench.ts'
import { testAgent, type TestAgent } from './fixtures/test-agent.ts'

const server = '11111111-2222-4333-8444-555555555555'
const boot = (attempt = 1, operation = 'op') => ({
  attempt,
  kind: 'boot',
  server,
  params: bootParams,
  context: sealedFor(host, operation),
})
const destroy = { attempt: 1, kind: 'destroy', server }

const guarded = [
  ['PUT', '/v1/jobs/op/boot', boot()],
  ['DELETE', '/v1/jobs/op/boot?attempt=1', undefined],
  ['DELETE', '/v1/operations/op?attempt=1', undefined],
  ['GET', '/v1/guests', undefined],
  ['GET', `/v1/guests/${server}`, undefined],
  ['GET', `/v1/guests/${server}/machine`, undefined],
  ['GET', `/v1/guests/${server}/console`, undefined],
] as const

for (const [method, url, body] of guarded) {
  test(`${method} ${url.replace(server, '{server}')} is for nova's own processes: 401 without a token, 403 without the role`, async (t) => {
    const agent = await testAgent(t)
    assert.equal((await agent.call(method, url, body, {})).status, 401)
    for (const roles of [['admin', 'service'], ['member']]) {
      const refused = await agent.call(method, url, body, agent.as(...roles))
      assert.equal(refused.status, 403)
    }
    assert.deepEqual(await agent.driver.list(), [])
    const allowed = await agent.call(method, url, body)
    assert.ok([200, 204].includes(allowed.status) || url.endsWith('/machine'), `${allowed.status}`)
  })
}

test('Health and metrics are open, and nothing that only looks like them', async (t) => {
  const agent = await testAgent(t)
  assert.equal((await agent.call('GET', '/healthcheck', undefined, {})).status, 200)
  assert.equal((await agent.call('GET', '/metrics', undefined, {})).status, 200)
  for (const url of ['/healthcheck/../v1/guests', '/v1/guests?/healthcheck', '//healthcheck']) {
    assert.equal((await agent.call('GET', url, undefined, {})).status, 401, url)
  }
})

test('A job is started, told while it is waited for, and answered from its record', async (t) => {
  const agent = await testAgent(t)
  const put = async (attempt = 1) => (await agent.call('PUT', '/v1/jobs/op/boot?wait=30', boot(attempt))).json
  assert.deepEqual(await put(), { job: { state: 'done', result: { power_state: 'running' } } })
  assert.deepEqual(await put(2), { job: { state: 'done', result: { power_state: 'running' } } })
  assert.equal(agent.images.users.length, 1)
})

for (const [kind, params, wanted] of [
  ['stop', { shutdown_timeout: 1 }, 'shutdown'],
  ['stop', undefined, 'shutdown'],
  ['start', {}, 'running'],
  ['reboot', { type: 'SOFT' }, 'running'],
  ['pause', {}, 'paused'],
  ['unpause', {}, 'running'],
  ['suspend', {}, 'shutdown'],
  ['resume', undefined, 'running'],
] as const) {
  test(`A job of kind ${kind} with ${params ? JSON.stringify(params) : 'no parameters'} makes the machine ${wanted}`, async (t) => {
    const agent = await testAgent(t)
    await agent.call('PUT', '/v1/jobs/op/boot?wait=30', boot())
    const body = { attempt: 1, kind, server, ...(params ? { params } : {}) }
    const answer = await agent.call('PUT', `/v1/jobs/op2/${kind}?wait=30`, body)
    assert.deepEqual(answer.json, { job: { state: 'done', result: { power_state: wanted } } })
  })
}

const volume = {
  id: 'v1',
  connection_info: { driver_volume_type: 'nbd', export: 'v1', server: { type: 'unix', path: '/nbd' } },
}
const port = { id: 'p1', mac_address: 'fa:16:3e:00:00:01', vif_type: 'dgram', vif_details: {} }

test('Volumes and ports are attached at the first start and later, and detached', async (t) => {
  const agent = await testAgent(t)
  const job = async (kind: string, params: object) => {
    const answer = await agent.call('PUT', `/v1/jobs/${kind.replace('_', '-')}/x?wait=30`, {
      attempt: 1,
      kind,
      server,
      params,
      context: sealedFor(host, kind),
    })
    return answer.json['job']
  }
  const done = { state: 'done', result: {} }
  await job('boot', { ...bootParams, volumes: [volume], ports: [port] })
  assert.deepEqual(agent.driver.devices(server), { volumes: ['v1'], ports: ['p1'] })
  assert.deepEqual(await job('attach_volume', { volume: { ...volume, id: 'v2' } }), done)
  assert.deepEqual(await job('attach_port', { port: { ...port, id: 'p2' } }), done)
  assert.deepEqual(agent.driver.devices(server), { volumes: ['v1', 'v2'], ports: ['p1', 'p2'] })
  assert.deepEqual(await job('extend_volume', { volume: 'v2', size: 2 ** 31 }), done)
  assert.deepEqual(await job('detach_volume', { volume: 'v1' }), done)
  assert.deepEqual(await job('detach_port', { port: 'p1' }), done)
  assert.deepEqual(agent.driver.devices(server), { volumes: ['v2'], ports: ['p2'] })
})

test('A machine moves from one agent to another by jobs of both, and is described before', async (t) => {
  const [from, to] = [await testAgent(t), await testAgent(t)]
  const job = async (agent: TestAgent, kind: string, params: object = {}) => {
    const url = `/v1/jobs/op/${kind.replace('_', '-')}?wait=30`
    const answer = await agent.call('PUT', url, { attempt: 1, kind, server, params })
    return answer.json['job'] as { state: string; result: Record<string, unknown>; progress?: object }
  }
  const described = `/v1/guests/${server}/machine`
  assert.equal((await from.call('GET', described)).status, 404)
  await from.call('PUT', '/v1/jobs/first/boot?wait=30', boot(1, 'first'))
  const { machine } = (await from.call('GET', described)).json
  const { destination } = (await job(to, 'prepare_incoming', { machine, block: true })).result
  assert.deepEqual((await to.call('GET', '/v1/guests')).json, { guests: [] })
  const { result, progress } = await job(from, 'migrate', { destination, bandwidth: 0 })
  assert.deepEqual(result, { running: true, post_copy: false })
  assert.deepEqual(Object.keys(progress!), ['done', 'total', 'memory', 'disk'])
  assert.equal((await from.call('GET', described)).status, 409)
  const arrived = { power_state: 'running', restarted: false }
  assert.deepEqual((await job(to, 'finish_migration', result)).result, arrived)
  assert.deepEqual((await job(from, 'confirm_source')).result, {})
  assert.deepEqual((await from.call('GET', '/v1/guests')).json, { guests: [] })
})

test('What was prepared for a machine is undone at both agents, after its end was brought about in vain', async (t) => {
  const [from, to] = [await testAgent(t), await testAgent(t)]
  const put = async (agent: TestAgent, step: string, kind: string, params: object = {}) => {
    const url = `/v1/jobs/op/${step}?wait=30`
    return (await agent.call('PUT', url, { attempt: 1, kind, server, params })).json['job'] as Job
  }
  await from.call('PUT', '/v1/jobs/first/boot?wait=30', boot(1, 'first'))
  const { machine } = (await from.call('GET', `/v1/guests/${server}/machine`)).json
  const { destination } = (await put(to, 'prepare-incoming', 'prepare_incoming', { machine })).result!
  assert.equal(
    (await put(from, 'limit', 'limit_migration', { bandwidth: 1 })).error?.code,
    'guest_not_migrating',
  )
  assert.equal((await put(from, 'force', 'force_complete')).error?.code, 'guest_not_migrating')
  const moving = from.call('PUT', `/v1/jobs/op/migrate?wait=1`, {
    attempt: 1,
    kind: 'migrate',
    server,
    params: { destination, bandwidth: 2 ** 20 },
  })
  assert.equal((await from.call('DELETE', '/v1/jobs/op/migrate?attempt=1')).status, 204)
  await moving
  const ended = await put(from, 'migrate', 'migrate', { destination })
  assert.equal(ended.error?.terminal, true)
  assert.deepEqual((await put(to, 'abandon-incoming', 'abandon_incoming')).result, {})
  assert.deepEqual((await put(from, 'reclaim-source', 'reclaim_source')).result, { power_state: 'running' })
  assert.deepEqual((await to.call('GET', '/v1/guests')).json, { guests: [] })
})

test('The connection info of a volume is understood as Cinder gives it and as Nova keeps it', () => {
  const flat = { driver_volume_type: 'nfs', export: 'nas:/v', name: 'v1' }
  const { driver_volume_type, ...data } = flat
  for (const connection_info of [flat, { driver_volume_type, data, connector: {} }]) {
    assert.deepEqual(volumeSchema.parse({ id: 'v1', connection_info }), {
      id: 'v1',
      connection_info: { driver_volume_type, data },
    })
  }
})

test('A lower attempt is refused with 409 by every call of an operation', async (t) => {
  const agent = await testAgent(t)
  await agent.call('PUT', '/v1/jobs/op/boot?wait=30', boot(5))
  for (const [method, url, body] of [
    ['PUT', '/v1/jobs/op/destroy', { ...destroy, attempt: 4 }],
    ['DELETE', '/v1/jobs/op/boot?attempt=4', undefined],
    ['DELETE', '/v1/operations/op?attempt=4', undefined],
  ] as const) {
    assert.equal((await agent.call(method, url, body)).status, 409, method)
  }
  assert.equal((await agent.driver.list()).length, 1)
  const other = await agent.call('PUT', '/v1/jobs/op2/destroy?wait=30', destroy)
  assert.deepEqual(other.json, { job: { state: 'done', result: {} } })
})

test('Cancelling and forgetting what nobody knows is fine', async (t) => {
  const agent = await testAgent(t)
  assert.equal((await agent.call('DELETE', '/v1/jobs/op/backup?attempt=1')).status, 204)
  assert.equal((await agent.call('DELETE', '/v1/operations/op?attempt=1')).status, 204)
})

for (const [what, url, body] of [
  ['an unknown kind', '/v1/jobs/op/x', { ...destroy, kind: 'dance' }],
  ['no attempt', '/v1/jobs/op/x', { ...destroy, attempt: undefined }],
  ['attempt 0', '/v1/jobs/op/x', { ...destroy, attempt: 0 }],
  ['a server that is no id', '/v1/jobs/op/x', { ...destroy, server: '../x' }],
  ['an operation that is no id', '/v1/jobs/..%2Fop/x', destroy],
  ['a step that is no id', '/v1/jobs/op/a%20b', destroy],
  ['an id of 65 letters', `/v1/jobs/${'a'.repeat(65)}/x`, destroy],
  [
    'an image that is no id',
    '/v1/jobs/op/x',
    { ...boot(), params: { ...bootParams, image: { id: '../x' } } },
  ],
  [
    'a digest that is none',
    '/v1/jobs/op/x',
    { ...boot(), kind: 'upload', params: { image: 'i', sha512: 'x' } },
  ],
  ['a reboot of no type', '/v1/jobs/op/x', { ...destroy, kind: 'reboot', params: {} }],
  [
    'a shutdown of two hours',
    '/v1/jobs/op/x',
    { ...destroy, kind: 'stop', params: { shutdown_timeout: 7200 } },
  ],
  [
    'a volume without connection',
    '/v1/jobs/op/x',
    { ...destroy, kind: 'attach_volume', params: { volume: { id: 'v1' } } },
  ],
  [
    'a port without an address',
    '/v1/jobs/op/x',
    { ...destroy, kind: 'attach_port', params: { port: { ...port, mac_address: '1' } } },
  ],
  ['a wait that is no number', '/v1/jobs/op/x?wait=long', destroy],
] as const) {
  test(`A job with ${what} is refused with 400`, async (t) => {
    const agent = await testAgent(t)
    assert.equal((await agent.call('PUT', url, body)).status, 400)
  })
}

test('Forgetting asks for an attempt', async (t) => {
  const agent = await testAgent(t)
  assert.equal((await agent.call('DELETE', '/v1/operations/op')).status, 400)
  assert.equal((await agent.call('DELETE', '/v1/jobs/op/x?attempt=no')).status, 400)
})

async function withGuest(agent: TestAgent): Promise<void> {
  await agent.call('PUT', '/v1/jobs/op/boot?wait=30', boot())
  agent.driver.consoles.set(server, 'one\ntwo\nthree\n')
}

test('The guests of the host are listed and shown, one that is not here is absent', async (t) => {
  const agent = await testAgent(t)
  await withGuest(agent)
  const guest = { id: server, power_state: 'running' }
  assert.deepEqual((await agent.call('GET', '/v1/guests')).json, { guests: [guest] })
  assert.deepEqual((await agent.call('GET', `/v1/guests/${server}`)).json, { guest })
  const unknown = (await agent.call('GET', '/v1/guests/other')).json
  assert.deepEqual(unknown, { guest: { id: 'other', power_state: 'absent' } })
})

test('The console is given whole or by its last lines', async (t) => {
  const agent = await testAgent(t)
  await withGuest(agent)
  const read = async (query = '') =>
    (await agent.call('GET', `/v1/guests/${server}/console${query}`)).json['output']
  assert.equal(await read(), 'one\ntwo\nthree\n')
  assert.equal(await read('?length=-1'), 'one\ntwo\nthree\n')
  assert.equal(await read('?length=2'), 'three\n')
  assert.equal(await read('?length=0'), '')
  assert.equal((await agent.call('GET', `/v1/guests/${server}/console?length=x`)).status, 400)
})
