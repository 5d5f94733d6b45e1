import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testCinder, type CallOptions } from '../testing/cinder.ts'

test('metadata of volumes and snapshots is read and changed item by item and as a whole', async (t) => {
  const cinder = await testCinder(t)
  const volume = await cinder.volume({ metadata: { a: '1' } })
  const made = await cinder.call('POST', '/snapshots', {
    snapshot: { volume_id: volume, metadata: { a: '1' } },
  })
  const snapshot = made.json.snapshot.id
  for (const owner of [`/volumes/${volume}`, `/snapshots/${snapshot}`]) {
    const call = (method: string, key: string, body?: object, how: CallOptions = {}) =>
      cinder.call(method, `${owner}/metadata${key}`, body, how)
    assert.deepEqual((await call('GET', '')).json, { metadata: { a: '1' } })
    assert.deepEqual((await call('POST', '', { metadata: { b: '2' } })).json, {
      metadata: { a: '1', b: '2' },
    })
    assert.deepEqual((await call('GET', '/b')).json, { meta: { b: '2' } })
    assert.deepEqual((await call('PUT', '/b', { meta: { b: '3' } })).json, { meta: { b: '3' } })
    assert.equal((await call('PUT', '/b', { meta: { c: '3' } })).status, 400)
    assert.equal((await call('DELETE', '/a')).status, 200)
    assert.equal((await call('DELETE', '/a')).status, 404)
    const lacking = await call('GET', '/a')
    assert.match(lacking.json.itemNotFound.message, /has no metadata with key a\.$/)

    const seen = await call('GET', '', undefined, { version: '3.15' })
    const headers = { 'if-match': String(seen.headers['etag']) }
    const replaced = await call('PUT', '', { metadata: { d: '4' } }, { version: '3.15', headers })
    assert.deepEqual(replaced.json, { metadata: { d: '4' } })
    assert.equal((await call('PUT', '', { metadata: {} }, { version: '3.15', headers })).status, 412)
    assert.equal((await call('PUT', '', { metadata: { 'a*': 'b' } })).status, 400)
    const reader = { as: cinder.as({ roleNames: ['reader'] }) }
    assert.equal((await call('GET', '', undefined, reader)).status, 200)
    assert.equal((await call('PUT', '', { metadata: {} }, reader)).status, 403)
    const other = { as: cinder.as({ projectName: 'other' }), project: 'id-project-other' }
    assert.equal((await call('GET', '', undefined, other)).status, 404)
  }
  const found = await cinder.call(
    'GET',
    `/snapshots?metadata=${encodeURIComponent("{'d': '4'}")}`,
    undefined,
    {
      version: '3.22',
    },
  )
  assert.equal(found.json.snapshots.length, 1)
})
