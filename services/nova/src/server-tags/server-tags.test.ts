import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { testCloud, type TestCloud } from '../testing/cloud.ts'
import type { Version } from '../microversions.ts'

let cloud: TestCloud
let id: string

before(async () => {
  cloud = await testCloud()
  await cloud.report([])
  id = await cloud.activeServer()
})
after(async () => {
  await cloud.close()
})

const call = (method: 'GET' | 'PUT' | 'DELETE', path = '', body?: object, version: Version = '2.26') =>
  cloud.call(method, `/servers/${id}/tags${path}`, body, cloud.in(version))
const message = (answer: { json: Record<string, unknown> }) =>
  (Object.values(answer.json)[0] as { message: string }).message

test('tags are added, found, replaced and removed, from 2.26 on', async () => {
  assert.deepEqual((await call('GET')).json, { tags: [] })
  const added = await call('PUT', '/red')
  assert.equal(added.status, 201)
  assert.match(String(added.headers['location']), new RegExp(`/v2\\.1/servers/${id}/tags/red$`))
  assert.equal((await call('PUT', '/red')).status, 204, 'it has it')
  assert.equal((await call('GET', '/red')).status, 204)
  const missing = await call('GET', '/blue')
  assert.deepEqual([missing.status, message(missing)], [404, `Server ${id} has no tag 'blue'`])
  assert.deepEqual((await call('PUT', '', { tags: ['b', 'a', 'b'] })).json, { tags: ['b', 'a'] })
  assert.equal((await call('DELETE', '/b')).status, 204)
  assert.equal((await call('DELETE', '/b')).status, 404)
  assert.deepEqual((await call('GET')).json, { tags: ['a'] })
  assert.equal((await call('DELETE')).status, 204)
  assert.deepEqual((await call('GET')).json, { tags: [] })
  assert.equal((await call('GET', '', undefined, '2.25')).status, 404)
  assert.equal((await call('PUT', '/x', undefined, '2.25')).status, 404)
})

test('what is no tag, or one too many, is refused', async () => {
  assert.equal((await call('PUT', '/a,b')).status, 400)
  assert.equal((await call('PUT', `/${'x'.repeat(61)}`)).status, 400)
  assert.equal((await call('PUT', '/a', { tags: [] })).status, 400)
  const many = Array.from({ length: 51 }, (_, i) => `t${i}`)
  assert.equal((await call('PUT', '', { tags: many })).status, 400)
  assert.equal((await call('PUT', '', { tags: many.slice(1) })).status, 200)
  const over = await call('PUT', '/more')
  assert.deepEqual([over.status, message(over)], [400, 'The number of tags exceeded the per-server limit 50'])
})

test('a server that is being built is not tagged', async () => {
  await cloud.db.kysely.updateTable('servers').set({ vm_state: 'building' }).where('id', '=', id).execute()
  for (const [answer, name] of [
    [await call('PUT', '/a'), 'update tag'],
    [await call('PUT', '', { tags: [] }), 'update tags'],
    [await call('DELETE', '/a'), 'delete tag'],
    [await call('DELETE'), 'delete tags'],
  ] as const) {
    assert.equal(answer.status, 409)
    assert.equal(message(answer), `Cannot '${name}' instance ${id} while it is in vm_state building`)
  }
})
