import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testCinder, type CallOptions } from '../testing/cinder.ts'

test('snapshots are made, shown, changed, listed and deleted', async (t) => {
  const cinder = await testCinder(t, { quota: { quota_snapshots: 3, quota_gigabytes: 5 } })
  const volume = await cinder.volume()
  const make = (more: object, how: CallOptions = {}) =>
    cinder.call('POST', '/snapshots', { snapshot: { volume_id: volume, ...more } }, how)
  const first = await make({ name: 'b', description: 'd' })
  assert.equal(first.status, 202)
  const { id } = first.json.snapshot
  await cinder.until(`/snapshots/${id}`, 'available')
  const v = { version: '3.70' }
  assert.deepEqual((await cinder.call('GET', `/snapshots/${id}`, undefined, v)).json.snapshot, {
    id,
    created_at: '2026-01-02T03:04:05.678000',
    updated_at: '2026-01-02T03:04:05.678000',
    name: 'b',
    description: 'd',
    volume_id: volume,
    status: 'available',
    size: 1,
    metadata: {},
    'os-extended-snapshot-attributes:project_id': 'id-project-demo',
    'os-extended-snapshot-attributes:progress': '100%',
    group_snapshot_id: null,
    user_id: 'id-user-demo',
    consumes_quota: true,
  })
  const changed = await cinder.call('PUT', `/snapshots/${id}`, { snapshot: { name: 'c' } })
  assert.equal(changed.json.snapshot.name, 'c')
  assert.equal((await cinder.call('PUT', `/snapshots/${id}`, { snapshot: {} })).status, 400)
  cinder.clock.now += 1000
  await make({ name: 'a' })
  const names = async (query: string) =>
    (await cinder.call('GET', `/snapshots/detail${query}`, undefined, v)).json.snapshots.map(
      ({ name }: { name: string }) => name,
    )
  assert.deepEqual(await names(''), ['a', 'c'])
  assert.deepEqual(await names('?sort=name:desc'), ['c', 'a'])
  assert.deepEqual(await names(`?volume_id=${volume}&name=a`), ['a'])
  assert.deepEqual(await names('?limit=1&offset=1'), ['c'])
  assert.equal((await make({ force: false }, v)).status, 400)
  const third = await make({ name: 'third' })
  assert.equal(third.status, 202)
  const over = await make({})
  assert.deepEqual(
    over.json.overLimit.message,
    'SnapshotLimitExceeded: Maximum number of snapshots allowed (3) exceeded',
  )

  const admin = { as: cinder.asAdmin() }
  const act = (body: object, how: CallOptions = {}) =>
    cinder.call('POST', `/snapshots/${id}/action`, body, how)
  assert.equal((await act({ 'os-reset_status': { status: 'error' } })).status, 403)
  assert.equal((await act({ 'os-reset_status': { status: 'error' } }, admin)).status, 202)
  assert.equal((await cinder.until(`/snapshots/${id}`, 'error'))['status'], 'error')
  assert.equal((await act({ 'os-force_delete': {} }, admin)).status, 202)
  await cinder.until(`/snapshots/${id}`, 'gone')
  assert.equal((await act({ 'os-nothing': {} }, admin)).status, 400)
  const { id: last } = third.json.snapshot
  await cinder.until(`/snapshots/${last}`, 'available')
  assert.equal((await cinder.call('DELETE', `/snapshots/${last}`)).status, 202)
  await cinder.until(`/snapshots/${last}`, 'gone')
  assert.equal((await cinder.call('DELETE', `/snapshots/${last}`)).status, 404)
})
