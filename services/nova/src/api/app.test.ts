import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { testCloud, type TestCloud } from '../testing/cloud.ts'

let cloud: TestCloud

before(async () => {
  cloud = await testCloud()
  await cloud.report([])
})
after(async () => {
  await cloud.close()
})

const body = (more: object = {}) => ({
  server: { name: 'vm', imageRef: cloud.imageId, flavorRef: '42', networks: [], ...more },
})
const fault = (answer: { json: Record<string, unknown> }) => Object.keys(answer.json)[0]

test('version documents answer without a token, everything else does not', async () => {
  const root = await cloud.api.app.inject('/')
  const { versions } = root.json<{ versions: { id: string; version: string; min_version: string }[] }>()
  assert.deepEqual(
    versions.map(({ id, version, min_version }) => [id, version, min_version]),
    [['v2.1', '2.96', '2.1']],
  )
  const { version } = (await cloud.api.app.inject('/v2.1/')).json<{
    version: { links: { href: string }[] }
  }>()
  assert.match(version.links[0]!.href, /\/v2\.1\/$/)
  const refused = await cloud.api.app.inject('/v2.1/servers')
  assert.equal(refused.statusCode, 401)
  assert.match(String(refused.headers['www-authenticate']), /Keystone uri=/)
})

test('a microversion that is not there is refused with 406, the one that is taken is told in the answer', async () => {
  const version = (text: string) =>
    cloud.call('GET', '/flavors', undefined, {
      ...cloud.as(['reader']),
      'openstack-api-version': `compute ${text}`,
    })
  const refused = await version('2.97')
  assert.equal(refused.status, 406)
  assert.deepEqual(refused.json, {
    computeFault: {
      code: 406,
      message: 'Version 2.97 is not supported by the API. Minimum is 2.1 and maximum is 2.96.',
    },
  })
  assert.equal((await version('2.x')).status, 400)
  const answer = await version('latest')
  assert.equal(answer.headers['openstack-api-version'], 'compute 2.96')
  assert.equal(answer.headers['x-openstack-nova-api-version'], '2.96')
  assert.match(String(answer.headers['vary']), /OpenStack-API-Version/)
})

test('creating a server answers 202 with its id, and a member of the project sees it whole', async () => {
  const created = await cloud.call('POST', '/servers', body({ metadata: { a: 'b' } }))
  assert.equal(created.status, 202)
  const { id } = created.json['server'] as { id: string }
  assert.equal(created.headers['x-compute-request-id'], created.headers['x-openstack-request-id'])
  assert.ok(!('adminPass' in (created.json['server'] as object)))
  const server = await cloud.serverIs(id, (one) => one['status'] === 'ACTIVE')
  assert.deepEqual(server['metadata'], { a: 'b' })
  assert.deepEqual(server['addresses'], {})
  assert.deepEqual((server['flavor'] as { id: string }).id, '42')
  assert.equal(server['OS-EXT-STS:power_state'], 1)
  assert.ok(!('OS-EXT-SRV-ATTR:host' in server), 'the host is for administrators')
  const admin = await cloud.call('GET', `/servers/${id}`, undefined, cloud.as(['admin'], 'admin'))
  assert.equal((admin.json['server'] as Record<string, unknown>)['OS-EXT-SRV-ATTR:host'], 'compute1')
})

test('a server of another project is not found, and readers change nothing', async () => {
  const { id } = (await cloud.call('POST', '/servers', body())).json['server'] as { id: string }
  await cloud.serverIs(id, (one) => one['status'] === 'ACTIVE')
  const other = cloud.as(['member', 'reader'], 'other')
  for (const [method, path] of [
    ['GET', `/servers/${id}`],
    ['DELETE', `/servers/${id}`],
    ['GET', `/servers/${id}/os-instance-actions`],
  ] as const) {
    const answer = await cloud.call(method, path, undefined, other)
    assert.deepEqual([answer.status, fault(answer)], [404, 'itemNotFound'], path)
  }
  const reader = cloud.as(['reader'])
  assert.equal((await cloud.call('GET', `/servers/${id}`, undefined, reader)).status, 200)
  for (const answer of [
    await cloud.call('DELETE', `/servers/${id}`, undefined, reader),
    await cloud.call('POST', '/servers', body(), reader),
    await cloud.call('POST', `/servers/${id}/action`, { createImage: { name: 'x' } }, reader),
    await cloud.call('GET', '/servers/detail?all_tenants=1', undefined, reader),
  ]) {
    assert.deepEqual([answer.status, fault(answer)], [403, 'forbidden'])
  }
})

test('bad requests are told what is wrong in the form of Nova', async () => {
  const cases: [object, RegExp][] = [
    [body({ flavorRef: 'none-such' }), /Flavor none-such could not be found/],
    [body({ imageRef: 'b0e3cf3e-7a3b-4a0c-9b86-0d1d2f3a4b5c' }), /Image .* could not be found/],
    [body({ networks: [{ uuid: 'x' }] }), /networks/],
    [{}, /server/],
  ]
  for (const [payload, message] of cases) {
    const answer = await cloud.call('POST', '/servers', payload)
    assert.equal(answer.status, 400)
    assert.match((answer.json['badRequest'] as { message: string }).message, message)
  }
  const unknown = await cloud.call('POST', `/servers/${cloud.imageId}/action`, { reboot: {} })
  assert.equal(unknown.status, 400)
  assert.equal((await cloud.call('GET', '/servers?marker=none-such')).status, 400)
})

test('lists go newest first, page by marker, and filter by name and status', async () => {
  const headers = cloud.as(['member', 'reader'], 'lists')
  for (const name of ['one', 'two', 'three']) {
    await cloud.call('POST', '/servers', body({ name }), headers)
  }
  const names = async (query: string) => {
    const answer = await cloud.call('GET', `/servers/detail${query}`, undefined, headers)
    return (answer.json['servers'] as { name: string }[]).map((server) => server.name)
  }
  assert.deepEqual(await names(''), ['three', 'two', 'one'])
  assert.deepEqual(await names('?name=^t'), ['three', 'two'])
  assert.deepEqual(await names('?status=SHUTOFF'), [])
  const page = await cloud.call('GET', '/servers?limit=2', undefined, headers)
  const [link] = page.json['servers_links'] as { href: string }[]
  const next = await cloud.call('GET', link!.href.replace(/.*\/v2\.1/, ''), undefined, headers)
  assert.deepEqual(
    (next.json['servers'] as { name: string }[]).map((server) => server.name),
    ['one'],
  )
})

test('the console is read from the host', async () => {
  const id = await cloud.activeServer()
  const read = (length?: number) =>
    cloud.call('POST', `/servers/${id}/action`, {
      'os-getConsoleOutput': length === undefined ? {} : { length },
    })
  assert.deepEqual((await read()).json, { output: 'console, all' })
  assert.deepEqual((await read(20)).json, { output: 'console, 20' })
})

test('a snapshot whose image is refused begins nothing and leaves the reservation to a conductor', async () => {
  const id = await cloud.activeServer()
  cloud.glance.refuse = (call) => (call.method === 'POST' ? 403 : undefined)
  const answer = await cloud.call('POST', `/servers/${id}/action`, { createImage: { name: 'snap' } })
  cloud.glance.refuse = undefined
  assert.deepEqual([answer.status, fault(answer)], [403, 'forbidden'])
  const server = await cloud.serverIs(id, () => true)
  assert.equal(server['OS-EXT-STS:task_state'], null)
  await cloud.eventually(async () => {
    const kept = await cloud.db.kysely.selectFrom('image_reservations').select('image_id').execute()
    return kept.length === 0
  })
})

test('flavors are listed for everybody, made and deleted by administrators', async () => {
  const listed = await cloud.call('GET', '/flavors/detail')
  const nano = (listed.json['flavors'] as Record<string, unknown>[]).find(({ id }) => id === '42')
  assert.deepEqual([nano?.['name'], nano?.['ram'], nano?.['disk'], nano?.['swap']], ['m1.nano', 128, 0, ''])
  const flavor = {
    name: 'hidden',
    ram: 64,
    vcpus: 1,
    disk: 0,
    id: 'auto',
    'os-flavor-access:is_public': false,
  }
  const admin = cloud.as(['admin'], 'admin')
  assert.equal((await cloud.call('POST', '/flavors', { flavor })).status, 403)
  const made = await cloud.call('POST', '/flavors', { flavor }, admin)
  const { id } = made.json['flavor'] as { id: string }
  assert.equal((await cloud.call('POST', '/flavors', { flavor }, admin)).status, 409)
  assert.equal((await cloud.call('GET', `/flavors/${id}`)).status, 404, 'not public')
  assert.equal((await cloud.call('GET', `/flavors/${id}`, undefined, admin)).status, 200)
  assert.equal((await cloud.call('DELETE', `/flavors/${id}`, undefined, admin)).status, 202)
  assert.equal((await cloud.call('DELETE', `/flavors/${id}`, undefined, admin)).status, 404)
})

test('the internal interface is closed to everybody but compute hosts', async () => {
  const put = (headers: Record<string, string>) =>
    cloud.api.internal.inject({ method: 'PUT', url: '/internal/v1/hosts/evil', headers, payload: {} })
  assert.equal((await put({})).statusCode, 401)
  assert.equal((await put(cloud.as(['admin', 'service'], 'service'))).statusCode, 403)
  assert.equal(
    (await put(cloud.as(['nova-compute'], 'service'))).statusCode,
    400,
    'allowed, but says nothing',
  )
  assert.equal(
    (await cloud.api.app.inject({ method: 'PUT', url: '/internal/v1/hosts/evil' })).statusCode,
    401,
  )
})
