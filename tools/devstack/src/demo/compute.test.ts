import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { contextAuth, Session } from '@longhaul/keystoneauth'
import { fakeService, type Answer, type Seen } from '@longhaul/keystoneauth/testing'
import { regionName } from '../config-files.ts'
import { CloudClient } from './compute.ts'
import { image, server } from './fixtures/sample-logs.ts'

const forEver = new AbortController().signal

/** A client of a cloud that answers as the test says, by method and path. */
async function bench(t: TestContext, answers: Record<string, unknown>) {
  const service = await fakeService((request) => answerOf(answers, request))
  const entry = (type: string, path: string) => ({
    type,
    name: type,
    endpoints: ['public', 'internal'].map((side) => ({
      interface: side,
      region: regionName,
      region_id: regionName,
      url: `${service.url}${path}`,
    })),
  })
  const session = new Session()
  const auth = contextAuth({ token: 'a-token', catalog: [entry('compute', '/v2.1'), entry('image', '')] })
  t.after(async () => {
    await session.close()
    await service.close()
  })
  return { client: new CloudClient(session, auth), seen: service.seen }
}

/** A status, or a body, or a function that gives one of these; a list: one after the other. */
function answerOf(answers: Record<string, unknown>, { method, path }: Seen): Answer {
  const name = `${method} ${path}`
  let told = answers[name]
  if (Array.isArray(told)) told = told.length > 1 ? (told.shift() as unknown) : (told[0] as unknown)
  if (told === undefined) return 404
  if (typeof told === 'number') return told
  const { headers, ...body } = told as { headers?: Record<string, string> }
  return { status: 200, headers: headers ?? {}, body: JSON.stringify(body) }
}

const serverPath = `/v2.1/servers/${server}`
const serverIs = (status: string, task: string | null, more: object = {}) => ({
  server: { id: server, status, tenant_id: 'p1', 'OS-EXT-STS:task_state': task, ...more },
})

test('A machine is asked for with the smallest flavor', async (t) => {
  const flavors = [
    { id: '1', name: 'm1.tiny' },
    { id: '42', name: 'm1.nano' },
  ]
  const { client, seen } = await bench(t, {
    'GET /v2.1/flavors': { flavors },
    'POST /v2.1/servers': { server: { id: server } },
  })
  assert.equal(await client.boot('vm', image), server)
  const sent = JSON.parse(seen.at(-1)!.body) as unknown
  assert.deepEqual(sent, { server: { name: 'vm', imageRef: image, flavorRef: '42', networks: 'none' } })
})

test('A cloud without that flavor is told', async (t) => {
  const { client } = await bench(t, { 'GET /v2.1/flavors': { flavors: [] } })
  await assert.rejects(client.boot('vm', image), { code: 'flavor_missing' })
})

test('The image of a snapshot is known from the Location of the answer', async (t) => {
  const location = { headers: { Location: `http://glance/v2/images/${image}` } }
  const { client } = await bench(t, { [`POST ${serverPath}/action`]: [location, {}] })
  assert.equal(await client.createImage(server, 'snap'), image)
  await assert.rejects(client.createImage(server, 'snap'), { code: 'no_image_location' })
})

test('What an action left behind is found by its name', async (t) => {
  const events = [{ event: 'extract', result: 'Error', details: 'x' }]
  const { client } = await bench(t, {
    [`GET ${serverPath}/os-instance-actions`]: {
      instanceActions: [
        { action: 'create', request_id: 'req-1' },
        { action: 'createImage', request_id: 'req-2' },
      ],
    },
    [`GET ${serverPath}/os-instance-actions/req-2`]: { instanceAction: { message: 'Error', events } },
    [`GET ${serverPath}/os-instance-actions/req-1`]: { instanceAction: {} },
  })
  assert.deepEqual(await client.action(server, 'createImage'), { message: 'Error', events })
  assert.deepEqual(await client.action(server, 'create'), { message: null, events: [] })
  assert.equal(await client.action(server, 'delete'), undefined)
})

test('An image that is gone is undefined, one that may not be seen is an error', async (t) => {
  const found = { id: image, status: 'active', owner: 'p1', os_hash_value: 'x' }
  const { client } = await bench(t, { [`GET /v2/images/${image}`]: [found, 404, 403] })
  assert.deepEqual(await client.image(image), found)
  assert.equal(await client.image(image), undefined)
  await assert.rejects(client.image(image), { code: 'http_403' })
})

test('The data of an image are its bytes', async (t) => {
  const { client } = await bench(t, { [`GET /v2/images/${image}/file`]: { a: 1 } })
  assert.equal(Buffer.from(await client.download(image)).toString(), '{"a":1}')
})

test('Waiting goes on while the machine is built and nova is restarted', async (t) => {
  const { client, seen } = await bench(t, {
    [`GET ${serverPath}`]: [serverIs('BUILD', 'spawning'), 503, serverIs('ACTIVE', null)],
  })
  assert.equal((await client.untilActive(server, forEver)).status, 'ACTIVE')
  assert.equal(seen.length, 3)
})

test('A machine that goes to ERROR is not waited for, and its fault is told', async (t) => {
  const fault = { fault: { message: 'No valid host was found.' } }
  const { client } = await bench(t, { [`GET ${serverPath}`]: serverIs('ERROR', null, fault) })
  await assert.rejects(client.untilActive(server, forEver), {
    code: 'server_error',
    message: /No valid host was found/,
  })
})

test('A machine has no task any more when its task_state is null, whatever its status', async (t) => {
  const { client } = await bench(t, {
    [`GET ${serverPath}`]: [serverIs('ACTIVE', 'image_snapshot'), serverIs('SHUTOFF', null)],
  })
  assert.equal((await client.untilIdle(server, forEver)).status, 'SHUTOFF')
})

test('The guest has counted that far when its console says so', async (t) => {
  const { client } = await bench(t, {
    [`POST ${serverPath}/action`]: [
      { output: 'SeaBIOS\r\n' },
      { output: 'tick 00000000\r\n' },
      { output: 'tick 00000000\r\ntick 00000001\r\n' },
    ],
  })
  assert.deepEqual(await client.untilTick(server, 1, forEver), [0, 1])
})

test('Waiting ends by its signal, and by a refusal', async (t) => {
  const { client } = await bench(t, { [`GET ${serverPath}`]: [serverIs('BUILD', 'spawning'), 403] })
  await assert.rejects(client.untilActive(server, AbortSignal.abort()), { name: 'AbortError' })
  await assert.rejects(client.untilActive(server, forEver), { code: 'http_403' })
})
