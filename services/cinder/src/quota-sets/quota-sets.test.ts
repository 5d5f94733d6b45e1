import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testCinder } from '../testing/cinder.ts'

test('quotas are shown, set, and forgotten; zones, services and limits tell what there is', async (t) => {
  const cinder = await testCinder(t, { quota: { quota_volumes: 5 } })
  const admin = { as: cinder.asAdmin(), version: '3.70' }
  const path = '/os-quota-sets/id-project-demo'
  const limits = {
    volumes: 5,
    snapshots: 1000,
    gigabytes: 10_000,
    backups: 10,
    backup_gigabytes: 1000,
    per_volume_gigabytes: -1,
    groups: 10,
  }
  const id = 'id-project-demo'
  assert.deepEqual((await cinder.call('GET', path)).json, { quota_set: { ...limits, id } })
  await cinder.volume()
  await cinder.volume()
  const usage = (await cinder.call('GET', `${path}?usage=True`)).json.quota_set
  assert.deepEqual(usage.volumes, { limit: 5, in_use: 2, reserved: 0 })
  const set = (quotas: object, how = admin) => cinder.call('PUT', path, { quota_set: quotas }, how)
  assert.equal((await cinder.call('PUT', path, { quota_set: { volumes: 9 } })).status, 403)
  assert.deepEqual((await set({ volumes: '9', gigabytes: -1 })).json, {
    quota_set: { ...limits, volumes: 9, gigabytes: -1 },
  })
  const below = await set({ volumes: 1 })
  assert.equal(
    below.json.badRequest.message,
    'Quota volumes limit must be equal or greater than existing resources. Current usage is 2 and the requested limit is 1.',
  )
  for (const bad of [{ unknown: 1 }, { volumes: -2 }, { volumes: 'x' }]) {
    assert.equal((await set(bad)).status, 400)
  }
  assert.equal((await cinder.call('GET', `${path}/defaults`)).json.quota_set.volumes, 5)
  assert.equal((await cinder.call('GET', '/os-quota-sets/id-project-other')).status, 403)
  assert.equal((await cinder.call('DELETE', path, undefined, admin)).status, 200)
  assert.equal((await cinder.call('GET', path)).json.quota_set.volumes, 5)

  const other = await cinder.call('GET', '/limits?project_id=id-project-other', undefined, admin)
  assert.equal(other.json.limits.absolute.totalVolumesUsed, 0)
  const own = await cinder.call('GET', '/limits?project_id=id-project-other')
  assert.equal(own.json.limits.absolute.totalVolumesUsed, 2)
  assert.deepEqual((await cinder.call('GET', '/os-availability-zone')).json, {
    availabilityZoneInfo: [{ zoneName: 'nova', zoneState: { available: true } }],
  })
  assert.equal((await cinder.call('GET', '/os-services')).status, 403)
  const [service] = (await cinder.call('GET', '/os-services', undefined, admin)).json.services
  assert.deepEqual(
    ['binary', 'host', 'state', 'backend_state'].map((name) => service![name]),
    ['cinder-volume', 'storage@nbd', 'up', 'up'],
  )
  assert.deepEqual((await cinder.call('GET', '/os-services?binary=x', undefined, admin)).json, {
    services: [],
  })
})
