import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { testCloud, type TestCloud } from '../testing/cloud.ts'
import type { Version } from '../microversions.ts'

let cloud: TestCloud
let admin: Record<string, string>

before(async () => {
  cloud = await testCloud()
  admin = cloud.as(['admin'], 'admin')
  await cloud.report([])
})
after(async () => {
  await cloud.close()
})

type Server = Record<string, unknown> & { id: string }

const put = (id: string, server: object, version: Version = '2.1', headers?: Record<string, string>) =>
  cloud.call('PUT', `/servers/${id}`, { server }, cloud.in(version, headers))
const act = (id: string, action: object, version: Version = '2.1', headers?: Record<string, string>) =>
  cloud.call('POST', `/servers/${id}/action`, action, cloud.in(version, headers))
const show = async (id: string, version: Version = '2.96', headers?: Record<string, string>) =>
  (await cloud.call('GET', `/servers/${id}`, undefined, cloud.in(version, headers))).json['server'] as Server
const message = (answer: { json: Record<string, unknown> }) =>
  (Object.values(answer.json)[0] as { message: string }).message

test('what is said of a server is changed, and answered whole from 2.75 on', async () => {
  const id = await cloud.activeServer()
  const changes = { name: 'new', accessIPv4: '192.0.2.9', 'OS-DCF:diskConfig': 'AUTO' }
  const old = (await put(id, changes)).json['server'] as Server
  assert.deepEqual([old['name'], old['accessIPv4'], old['OS-DCF:diskConfig']], ['new', '192.0.2.9', 'AUTO'])
  assert.ok(!('key_name' in old))
  const whole = (await put(id, { description: 'text', hostname: 'named' }, '2.90')).json['server'] as Server
  assert.deepEqual(whole, await show(id, '2.90'))
  assert.deepEqual([whole['description'], whole['OS-EXT-SRV-ATTR:hostname']], ['text', 'named'])
  assert.equal((await put(id, { description: null }, '2.19')).status, 200)
  assert.equal((await show(id))['description'], null)
  for (const [server, version] of [
    [{ name: '' }, '2.1'],
    [{ description: 'x' }, '2.18'],
    [{ hostname: 'x.y' }, '2.90'],
    [{ accessIPv4: '::1' }, '2.1'],
    [{ flavorRef: '1' }, '2.1'],
  ] as const) {
    assert.equal((await put(id, server, version)).status, 400, JSON.stringify(server))
  }
})

test('a locked server is deleted and told things by administrators only', async () => {
  const id = await cloud.activeServer()
  assert.equal((await act(id, { lock: null })).status, 202)
  assert.equal((await show(id))['locked'], true)
  const refused = await cloud.call('DELETE', `/servers/${id}`)
  assert.deepEqual([refused.status, message(refused)], [409, `Instance ${id} is locked`])
  const metadata = { metadata: { a: 'b' } }
  assert.equal((await cloud.call('POST', `/servers/${id}/metadata`, metadata)).status, 409)
  assert.equal((await cloud.call('POST', `/servers/${id}/metadata`, metadata, admin)).status, 200)
  assert.equal((await put(id, { name: 'still' })).status, 200, 'a lock does not keep from renaming')
  assert.equal((await act(id, { unlock: null })).status, 202)
  assert.equal((await show(id))['locked'], false)
  const actions = await cloud.call('GET', `/servers/${id}/os-instance-actions`)
  const names = (actions.json['instanceActions'] as { action: string }[]).map(({ action }) => action)
  assert.deepEqual(names, ['unlock', 'lock', 'create'])
  assert.equal((await cloud.call('DELETE', `/servers/${id}`)).status, 204)
})

test('a reason is kept from 2.73 on, until the lock is gone', async () => {
  const id = await cloud.activeServer()
  const reason = { lock: { locked_reason: 'do not touch' } }
  await act(id, reason, '2.72')
  assert.equal((await show(id))['locked_reason'], null)
  await act(id, { unlock: null })
  await act(id, reason, '2.73')
  const shown = await show(id)
  assert.deepEqual([shown['locked'], shown['locked_reason']], [true, 'do not touch'])
  await act(id, { lock: { locked_reason: 'another' } }, '2.73')
  assert.equal((await show(id))['locked_reason'], 'do not touch', "an owner's second lock changes nothing")
  await act(id, { unlock: null })
  assert.equal((await show(id))['locked_reason'], null)
  for (const lock of [{ locked_reason: '' }, { unknown: 1 }, 'x']) {
    assert.equal((await act(id, { lock }, '2.73')).status, 400, JSON.stringify(lock))
  }
})

test('what an administrator from elsewhere locked, the owner cannot unlock', async () => {
  const id = await cloud.activeServer()
  await act(id, { lock: null }, '2.1', admin)
  const refused = await act(id, { unlock: null })
  assert.deepEqual(
    [refused.status, message(refused)],
    [403, "Policy doesn't allow os_compute_api:os-lock-server:unlock:unlock_override to be performed."],
  )
  assert.equal((await act(id, { unlock: null }, '2.1', admin)).status, 202)
})

test('the image of a snapshot is told by a header, and from 2.45 on by the body', async () => {
  const id = await cloud.activeServer()
  const snapshot = { createImage: { name: 'snap' } }
  const old = await act(id, snapshot, '2.44')
  assert.equal(old.status, 202)
  const image = /\/images\/([0-9a-f-]{36})$/.exec(String(old.headers['location']))?.[1]
  assert.ok(cloud.glance.images.has(image!))
  await cloud.serverIs(id, (server) => server['OS-EXT-STS:task_state'] === null)
  const later = await act(id, snapshot, '2.45')
  assert.deepEqual([later.status, later.headers['location']], [202, undefined])
  assert.ok(cloud.glance.images.has(later.json['image_id'] as string))
  await cloud.serverIs(id, (server) => server['OS-EXT-STS:task_state'] === null)
})

test('the metadata of an image is counted up to 2.38', async () => {
  const id = await cloud.activeServer()
  const metadata = Object.fromEntries(Array.from({ length: 129 }, (_, i) => [`k${i}`, '']))
  const snapshot = { createImage: { name: 'snap', metadata } }
  const refused = await act(id, snapshot, '2.38')
  assert.deepEqual([refused.status, message(refused)], [403, 'Image metadata limit exceeded'])
  assert.equal((await act(id, snapshot, '2.39')).status, 202)
})

test('a server tells administrators how its host is, from 2.16 on', async () => {
  const id = await cloud.activeServer()
  const status = async (version: Version) => (await show(id, version, admin))['host_status']
  assert.equal(await status('2.15'), undefined)
  assert.equal(await status('2.16'), 'UP')
  const compute = { host: 'compute1', binary: 'nova-compute' }
  await cloud.call('PUT', '/os-services/disable', compute, admin)
  assert.equal(await status('2.16'), 'MAINTENANCE')
  await cloud.call('PUT', '/os-services/enable', compute, admin)
  const old = new Date(Date.now() - 61_000)
  await cloud.db.kysely
    .updateTable('services')
    .set({ reported_at: old })
    .where('host', '=', 'compute1')
    .execute()
  assert.equal(await status('2.16'), 'UNKNOWN')
  await cloud.report([])
  assert.equal((await show(id))['host_status'], undefined)
})

test('a server without ports has no addresses', async () => {
  const id = await cloud.activeServer()
  assert.deepEqual((await cloud.call('GET', `/servers/${id}/ips`)).json, { addresses: {} })
  assert.equal((await cloud.call('GET', `/servers/${id}/ips/public`)).status, 404)
})

test("a URL with a project's id is served, links and all, if it is the token's", async () => {
  const project = {
    id: '0123456789abcdef0123456789abcdef',
    name: 'hex',
    domain: { id: 'default', name: 'D' },
  }
  const headers = cloud.as(['member', 'reader'], 'hex', { project })
  const server = { name: 'vm', imageRef: cloud.imageId, flavorRef: '42', networks: [] }
  const created = await cloud.call('POST', `/${project.id}/servers`, { server }, headers)
  assert.equal(created.status, 202)
  const { id, links } = created.json['server'] as { id: string; links: { href: string }[] }
  assert.deepEqual(
    links.map(({ href }) => new URL(href).pathname),
    [`/v2.1/${project.id}/servers/${id}`, `/${project.id}/servers/${id}`],
  )
  assert.equal((await cloud.call('GET', `/${project.id}/servers/${id}`, undefined, headers)).status, 200)
  const other = await cloud.call('GET', `/${'f'.repeat(32)}/servers/${id}`, undefined, headers)
  assert.equal(other.status, 400)
  assert.match(message(other), /^Malformed request URL: URL's project_id 'f+' doesn't match/)
  assert.equal((await cloud.call('GET', '/not-a-project/servers', undefined, headers)).status, 404)
})
