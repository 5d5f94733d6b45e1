import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { testCloud, type TestCloud } from '../testing/cloud.ts'
import type { Version } from '../microversions.ts'

let cloud: TestCloud
let admin: Record<string, string>

before(async () => {
  cloud = await testCloud({ conductor: false, quota: 'instances = 3\ncores = 8\nram = 1024' })
  admin = cloud.as(['admin'], 'admin')
})
after(async () => {
  await cloud.close()
})

const path = (project: string) => `/os-quota-sets/id-project-${project}`
const limits = (more: object = {}) => ({
  instances: 3,
  cores: 8,
  ram: 1024,
  metadata_items: 128,
  key_pairs: 100,
  server_groups: 10,
  server_group_members: 10,
  ...more,
})
const message = (answer: { json: Record<string, unknown> }) =>
  (Object.values(answer.json)[0] as { message: string }).message
const set = (project: string, quotas: object, version: Version = '2.57') =>
  cloud.call('PUT', path(project), { quota_set: quotas }, cloud.in(version, admin))
const boot = (project: string, more: object = {}) => {
  const server = { name: 'vm', imageRef: cloud.imageId, flavorRef: '42', networks: [], ...more }
  return cloud.call('POST', '/servers', { server }, cloud.as(['member', 'reader'], project))
}

test('a project sees its quotas, in the version with what that version limits', async () => {
  const shown = async (version: Version) =>
    (await cloud.call('GET', path('demo'), undefined, cloud.in(version))).json['quota_set'] as object
  assert.deepEqual(await shown('2.57'), { id: 'id-project-demo', ...limits() })
  const injected = {
    injected_files: 5,
    injected_file_content_bytes: 10_240,
    injected_file_path_bytes: 255,
  }
  assert.deepEqual(await shown('2.36'), { id: 'id-project-demo', ...limits(injected) })
  const networks = { security_groups: -1, fixed_ips: -1, floating_ips: -1, security_group_rules: -1 }
  assert.deepEqual(await shown('2.35'), { id: 'id-project-demo', ...limits({ ...injected, ...networks }) })
})

test('administrators set them, projects have them from then on, and the default ones after their deletion', async () => {
  const changed = await set('set', { instances: '20', ram: -1 })
  assert.deepEqual(changed.json, { quota_set: limits({ instances: 20, ram: -1 }) })
  const shown = await cloud.call('GET', path('set'), undefined, cloud.in('2.57', admin))
  assert.deepEqual(shown.json, { quota_set: { id: 'id-project-set', ...limits({ instances: 20, ram: -1 }) } })
  const defaults = await cloud.call('GET', `${path('set')}/defaults`, undefined, cloud.in('2.57', admin))
  assert.deepEqual(defaults.json, { quota_set: { id: 'id-project-set', ...limits() } })
  assert.equal((await cloud.call('DELETE', path('set'), undefined, admin)).status, 202)
  const after = await cloud.call('GET', path('set'), undefined, cloud.in('2.57', admin))
  assert.deepEqual(after.json, { quota_set: { id: 'id-project-set', ...limits() } })
})

test('what cannot be a quota is refused', async () => {
  for (const [quotas, version] of [
    [{ instances: -2 }, '2.1'],
    [{ instances: 2 ** 31 }, '2.1'],
    [{ instances: 'many' }, '2.1'],
    [{ unknown: 1 }, '2.1'],
    [{ networks: 1 }, '2.35'],
    [{ floating_ips: 1 }, '2.36'],
    [{ injected_files: 1 }, '2.57'],
  ] as const) {
    assert.equal((await set('demo', quotas, version)).status, 400, JSON.stringify(quotas))
  }
  assert.equal((await set('bad', { floating_ips: 1 }, '2.35')).status, 200)
  cloud.identity.missing.add('id-project-none')
  const missing = await set('none', { cores: 1 })
  assert.deepEqual(
    [missing.status, message(missing)],
    [400, 'Project ID id-project-none is not a valid project.'],
  )
  const user = await cloud.call('PUT', `${path('demo')}?user_id=u`, { quota_set: { cores: 1 } }, admin)
  assert.equal(user.status, 400)
})

test('a limit below what is in use is refused unless it is forced', async () => {
  await boot('used')
  await boot('used')
  const refused = await set('used', { instances: 1 })
  assert.deepEqual(
    [refused.status, message(refused)],
    [400, 'Quota limit 1 for instances must be greater than or equal to already used and reserved 2.'],
  )
  assert.equal((await set('used', { instances: 1, force: true })).status, 200)
  const detail = await cloud.call('GET', `${path('used')}/detail`, undefined, cloud.in('2.57', admin))
  const { instances, cores, ram, key_pairs } = detail.json['quota_set'] as Record<string, unknown>
  assert.deepEqual(
    [instances, cores, ram, key_pairs],
    [
      { limit: 1, in_use: 2, reserved: 0 },
      { limit: 8, in_use: 2, reserved: 0 },
      { limit: 1024, in_use: 256, reserved: 0 },
      { limit: 100, in_use: 0, reserved: 0 },
    ],
  )
})

test('servers over quota are refused in the words of Nova', async () => {
  const over = await boot('over', { min_count: 4 })
  assert.deepEqual(over.json, {
    forbidden: {
      code: 403,
      message: 'Quota exceeded for instances: Requested 4, but already used 0 of 3 instances',
    },
  })
  const both = await boot('over', { flavorRef: '4' })
  assert.equal(message(both), 'Quota exceeded for ram: Requested 8192, but already used 0 of 1024 ram')
  const most = await boot('over', { min_count: 2, max_count: 9 })
  assert.equal(most.status, 202, 'as many as fit')
  const detail = await cloud.call('GET', `${path('over')}/detail`, undefined, cloud.in('2.57', admin))
  const { instances } = detail.json['quota_set'] as { instances: { in_use: number } }
  assert.equal(instances.in_use, 3)
  const none = await boot('over', { min_count: 1, max_count: 2 })
  assert.equal(
    message(none),
    'Quota exceeded for instances: Requested 1-2, but already used 3 of 3 instances',
  )
})

test('the count is exact when requests come at once', async () => {
  const answers = await Promise.all(Array.from({ length: 9 }, () => boot('race')))
  const count = (wanted: number) => answers.filter(({ status }) => status === wanted).length
  assert.deepEqual([count(202), count(403)], [3, 6])
})

test('metadata over quota is refused', async () => {
  await set('meta', { metadata_items: 1 })
  const refused = await boot('meta', { metadata: { a: '1', b: '2' } })
  assert.deepEqual([refused.status, message(refused)], [403, 'Maximum number of metadata items exceeds 1'])
  assert.equal((await boot('meta', { metadata: { a: '1' } })).status, 202)
})

test('limits tell the quotas and what is in use, of another project to administrators', async () => {
  const absolute = async (query: string, version: Version, headers?: Record<string, string>) => {
    const answer = await cloud.call('GET', `/limits${query}`, undefined, cloud.in(version, headers))
    const { limits: all } = answer.json as { limits: { rate: unknown[]; absolute: Record<string, number> } }
    assert.deepEqual(all.rate, [])
    return all.absolute
  }
  assert.deepEqual(await absolute('?tenant_id=id-project-used', '2.57', admin), {
    maxTotalInstances: 1,
    maxTotalCores: 8,
    maxTotalRAMSize: 1024,
    maxServerMeta: 128,
    maxTotalKeypairs: 100,
    maxServerGroups: 10,
    maxServerGroupMembers: 10,
    totalRAMUsed: 256,
    totalCoresUsed: 2,
    totalInstancesUsed: 2,
    totalServerGroupsUsed: 0,
  })
  const old = await absolute('?reserved=1', '2.35')
  assert.deepEqual(
    [old['maxImageMeta'], old['maxPersonality'], old['maxTotalFloatingIps'], old['totalFloatingIpsUsed']],
    [128, 5, -1, 0],
  )
  assert.ok(!('maxImageMeta' in (await absolute('', '2.39'))))
  assert.ok('maxPersonality' in (await absolute('', '2.56')))
  const other = await cloud.call('GET', '/limits?tenant_id=id-project-used')
  assert.equal(other.status, 403)
  assert.equal((await cloud.call('GET', '/limits?x=1', undefined, cloud.in('2.75'))).status, 400)
})

test('the class default is what every project has by default', async () => {
  const classPath = '/os-quota-class-sets/default'
  const shown = async (version: Version) => {
    const answer = await cloud.call('GET', classPath, undefined, cloud.in(version, admin))
    return answer.json['quota_class_set'] as Record<string, unknown>
  }
  assert.deepEqual(await shown('2.57'), { id: 'default', ...limits() })
  assert.ok(!('server_groups' in (await shown('2.49'))) && 'floating_ips' in (await shown('2.49')))
  assert.ok(!('floating_ips' in (await shown('2.50'))))
  const update = (quotas: object, version: Version = '2.57') =>
    cloud.call('PUT', classPath, { quota_class_set: quotas }, cloud.in(version, admin))
  assert.deepEqual((await update({ cores: 99 })).json, { quota_class_set: limits({ cores: 99 }) })
  const project = await cloud.call('GET', path('demo'), undefined, cloud.in('2.57'))
  assert.equal((project.json['quota_set'] as { cores: number }).cores, 99)
  assert.equal((await update({ server_groups: 1 }, '2.49')).status, 400)
  assert.equal((await update({ cores: 'x' })).status, 400)
})
