import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { testCloud, type TestCloud } from '../testing/cloud.ts'

let cloud: TestCloud
let id: string

before(async () => {
  cloud = await testCloud({ quota: 'metadata_items = 4' })
  await cloud.report([])
  id = await cloud.activeServer()
})
after(async () => {
  await cloud.close()
})

const call = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path = '', body?: object) =>
  cloud.call(method, `/servers/${id}/metadata${path}`, body)
const message = (answer: { json: Record<string, unknown> }) =>
  (Object.values(answer.json)[0] as { message: string }).message

test('items are added, replaced, set and removed', async () => {
  assert.deepEqual((await call('GET')).json, { metadata: {} })
  assert.deepEqual((await call('POST', '', { metadata: { a: '1', b: '2' } })).json, {
    metadata: { a: '1', b: '2' },
  })
  assert.deepEqual((await call('POST', '', { metadata: { b: '3' } })).json, {
    metadata: { a: '1', b: '3' },
  })
  assert.deepEqual((await call('GET', '/b')).json, { meta: { b: '3' } })
  assert.deepEqual((await call('PUT', '/c', { meta: { c: '4' } })).json, { meta: { c: '4' } })
  assert.equal((await call('DELETE', '/a')).status, 204)
  assert.deepEqual((await call('GET')).json, { metadata: { b: '3', c: '4' } })
  assert.deepEqual((await call('PUT', '', { metadata: { z: '0' } })).json, { metadata: { z: '0' } })
  const { json } = await cloud.call('GET', `/servers/${id}`)
  assert.deepEqual((json['server'] as { metadata: object }).metadata, { z: '0' })
})

test('what is not there or does not fit is told', async () => {
  for (const answer of [await call('GET', '/none'), await call('DELETE', '/none')]) {
    assert.deepEqual([answer.status, message(answer)], [404, 'Metadata item was not found'])
  }
  assert.equal((await call('GET', '/__proto__')).status, 404)
  const mismatch = await call('PUT', '/a', { meta: { b: '1' } })
  assert.deepEqual([mismatch.status, message(mismatch)], [400, 'Request body and URI mismatch'])
  assert.equal((await call('PUT', '/a', { meta: { a: '1', b: '1' } })).status, 400)
  assert.equal((await call('POST', '', { metadata: { a: null } })).status, 400)
  const over = await call('POST', '', { metadata: { b: '', c: '', d: '', e: '' } })
  assert.deepEqual([over.status, message(over)], [403, 'Maximum number of metadata items exceeds 4'])
})

test('changes that come at once are all kept', async () => {
  await call('PUT', '', { metadata: {} })
  await Promise.all(['a', 'b', 'c', 'd'].map((key) => call('PUT', `/${key}`, { meta: { [key]: '1' } })))
  assert.deepEqual(Object.keys((await call('GET')).json['metadata'] as object).toSorted(), [
    'a',
    'b',
    'c',
    'd',
  ])
})

test('a server that is being built is not changed', async () => {
  await cloud.db.kysely.updateTable('servers').set({ vm_state: 'building' }).where('id', '=', id).execute()
  for (const [answer, name] of [
    [await call('POST', '', { metadata: { a: '1' } }), 'update metadata'],
    [await call('DELETE', '/a'), 'delete metadata'],
  ] as const) {
    assert.equal(answer.status, 409)
    assert.equal(message(answer), `Cannot '${name}' instance ${id} while it is in vm_state building`)
  }
})
