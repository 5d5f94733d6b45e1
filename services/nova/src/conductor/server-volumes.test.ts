import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import type { Job } from '../jobs-protocol.ts'
import { testCloud, type TestCloud } from '../testing/cloud.ts'
import { volumeScene, type VolumeScene } from '../testing/volumes.ts'

let cloud: TestCloud
let scene: VolumeScene

before(async () => {
  cloud = await testCloud()
  scene = volumeScene(cloud)
  await cloud.report([])
})
after(() => cloud.close())
beforeEach(() => scene.fresh())

const given = (uuid: string, more: object = {}) => ({
  source_type: 'volume',
  destination_type: 'volume',
  uuid,
  ...more,
})
const boot = (volumes: object[], more: object = {}) => {
  const server = { name: 'vm', imageRef: cloud.imageId, flavorRef: '42', networks: 'none', ...more }
  const body = { server: { ...server, block_device_mapping_v2: volumes } }
  return cloud.call('POST', '/servers', body, cloud.in('2.42'))
}
const begun = async (volumes: object[]) => {
  const answer = await boot(volumes)
  assert.equal(answer.status, 202, JSON.stringify(answer.json))
  return (answer.json['server'] as { id: string }).id
}
const statusIs = (id: string, status: string) => cloud.serverIs(id, (one) => one['status'] === status)
const deleted = async (id: string) => {
  await cloud.call('DELETE', `/servers/${id}`)
  await cloud.eventually(async () => (await cloud.call('GET', `/servers/${id}`)).status === 404)
}
const rows = () => cloud.db.kysely.selectFrom('block_device_mappings').selectAll().execute()
const statusOf = (volume: string) => cloud.cinder.volumes.get(volume)?.status

test('a server is made with volumes, keeps the one and takes the other with it', async () => {
  const [kept, own] = [cloud.cinder.volume(), cloud.cinder.volume()]
  const disk = { source_type: 'image', destination_type: 'local', uuid: cloud.imageId, boot_index: 0 }
  const id = await begun([disk, given(kept, { tag: 'data' }), given(own, { delete_on_termination: true })])
  await statusIs(id, 'ACTIVE')
  const { params } = cloud.agent.jobs.find(({ step }) => step === 'boot')!.request
  const { volumes } = params as { volumes: { id: string; connection_info: { data: { export: string } } }[] }
  const attachments = [...cloud.cinder.attachments.values()]
  assert.deepEqual(
    volumes.map((one) => [one.id, one.connection_info.data.export]),
    attachments.map((one) => [one.volume_id, one.id]),
  )
  assert.deepEqual(
    attachments.map(({ connector, status }) => [connector?.['host'], connector?.['mountpoint'], status]),
    [
      ['compute1', '/dev/vdb', 'attached'],
      ['compute1', '/dev/vdc', 'attached'],
    ],
  )
  assert.deepEqual([statusOf(kept), statusOf(own)], ['in-use', 'in-use'])
  const { json } = await cloud.call(
    'GET',
    `/servers/${id}/os-volume_attachments`,
    undefined,
    cloud.in('2.79'),
  )
  assert.deepEqual(
    (json['volumeAttachments'] as Record<string, unknown>[]).map((one) => [
      one['volumeId'],
      one['tag'],
      one['delete_on_termination'],
    ]),
    [
      [kept, 'data', false],
      [own, null, true],
    ],
  )
  await deleted(id)
  await scene.volumeIs(kept, 'available')
  await cloud.eventually(async () => statusOf(own) === undefined)
  assert.deepEqual(await rows(), [])
})

test('what cannot be had is refused before there is a server', async () => {
  const servers = async () => (await cloud.call('GET', '/servers')).json['servers'] as object[]
  const before = (await servers()).length
  const busy = cloud.cinder.volume({ status: 'in-use' })
  const shared = cloud.cinder.volume({ multiattach: true })
  for (const wanted of [randomUUID(), busy, shared]) {
    assert.equal((await boot([given(wanted)])).status, 400, wanted)
  }
  const free = cloud.cinder.volume()
  assert.equal((await boot([given(free)], { max_count: 2 })).status, 400)
  cloud.cinder.refuse = () => 403
  assert.equal((await boot([given(free)])).status, 403)
  assert.equal((await servers()).length, before)
  assert.deepEqual(await rows(), [])
})

test('of two servers that want the same volume one gets it', async () => {
  const volume = cloud.cinder.volume()
  const answers = await Promise.all([boot([given(volume)]), boot([given(volume)])])
  assert.deepEqual(
    answers.map(({ status }) => status).toSorted((a, b) => a - b),
    [202, 400],
  )
  const { json } = answers.find(({ status }) => status === 202)!
  const { id } = json['server'] as { id: string }
  await statusIs(id, 'ACTIVE')
  await deleted(id)
  await scene.volumeIs(volume, 'available')
})

test('a server that cannot be built gives its volumes back, later what Cinder does not take now', async () => {
  const failed: Job = { state: 'failed', error: { code: 'guest_not_started', message: 'no', terminal: true } }
  cloud.agent.plans.set('boot', () => failed)
  const volume = cloud.cinder.volume()
  const id = await begun([given(volume, { delete_on_termination: true })])
  await statusIs(id, 'ERROR')
  assert.deepEqual([statusOf(volume), await rows()], ['available', []])
  await deleted(id)
  cloud.cinder.refuse = ({ method }) => (method === 'DELETE' ? 403 : undefined)
  const other = await begun([given(volume)])
  await statusIs(other, 'ERROR')
  assert.equal(cloud.cinder.attachments.size, 1)
  cloud.cinder.refuse = undefined
  await scene.nothingLeft()
  assert.deepEqual([statusOf(volume), await rows()], ['available', []])
  await deleted(other)
})

test('a server that is deleted while it is built gives its volumes back, however late', async () => {
  const volume = cloud.cinder.volume()
  cloud.agent.plans.set('boot', () => ({ state: 'running' }))
  cloud.cinder.refuse = ({ method }) => (method === 'DELETE' ? 403 : undefined)
  const id = await begun([given(volume)])
  await cloud.agent.called('PUT boot')
  await deleted(id)
  assert.equal(cloud.cinder.attachments.size, 1)
  cloud.cinder.refuse = undefined
  await scene.nothingLeft()
  assert.deepEqual([statusOf(volume), await rows()], ['available', []])
})

test('a volume that was connected when everything died goes with its server', async () => {
  const volume = cloud.cinder.volume()
  const id = await cloud.activeServer()
  // Its attachment was made and not written down.
  const [uuid, attachment] = [randomUUID(), randomUUID()]
  const times = { reserved_at: null, created_at: new Date(), updated_at: new Date() }
  const row = { uuid, server_id: id, volume_id: volume, attachment_id: null, device_name: '/dev/vdb' }
  await cloud.db.kysely
    .insertInto('block_device_mappings')
    .values({ ...row, tag: null, delete_on_termination: false, ...times })
    .execute()
  const made = { id: attachment, status: 'attaching', instance: id, volume_id: volume, connection_info: {} }
  cloud.cinder.attachments.set(attachment, made)
  await deleted(id)
  assert.deepEqual([cloud.cinder.attachments.size, await rows()], [0, []])
})

test('an answer that is lost leaves no second attachment, and a conductor that is killed none at all', async () => {
  const volume = cloud.cinder.volume()
  let lost = false
  cloud.cinder.refuse = ({ method, path }) => {
    if (lost || method !== 'GET' || !/^\/attachments\/./.test(path)) return undefined
    lost = true
    return 503
  }
  const id = await begun([given(volume)])
  await statusIs(id, 'ACTIVE')
  assert.ok(lost)
  assert.equal(cloud.cinder.attachments.size, 1)
  await deleted(id)
  await scene.volumeIs(volume, 'available')

  scene.fresh()
  let state: Job = { state: 'running' }
  cloud.agent.plans.set('boot', () => state)
  const second = await begun([given(volume)])
  await cloud.agent.called('PUT boot')
  await cloud.conductor.kill()
  state = { state: 'done', result: {} }
  await cloud.conductor.start()
  await statusIs(second, 'ACTIVE')
  assert.deepEqual(
    [...cloud.cinder.attachments.values()].map(({ status }) => status),
    ['attached'],
  )
  await deleted(second)
  await scene.volumeIs(volume, 'available')
  assert.deepEqual(await rows(), [])
})

test('a volume that a server had and Cinder shows as available may be had by another', async () => {
  const volume = cloud.cinder.volume()
  const had = await begun([given(volume)])
  await statusIs(had, 'ACTIVE')
  const { kysely: db } = cloud.db
  // Its attachment is deleted, the row of the old server not yet.
  for (const [id, one] of cloud.cinder.attachments)
    if (one.volume_id === volume) cloud.cinder.attachments.delete(id)
  cloud.cinder.volumes.get(volume)!.status = 'available'
  const next = await begun([given(volume)])
  await statusIs(next, 'ACTIVE')
  await db.deleteFrom('block_device_mappings').where('server_id', '=', had).execute()
  await deleted(had)
  await deleted(next)
  await scene.volumeIs(volume, 'available')
})

test('what a deleted server leaves of a volume does not keep it from others', async () => {
  const volume = cloud.cinder.volume()
  const gone = await begun([])
  await deleted(gone)
  const times = { reserved_at: null, created_at: new Date(), updated_at: new Date() }
  const row = {
    uuid: randomUUID(),
    server_id: gone,
    volume_id: volume,
    attachment_id: null,
    device_name: '/dev/vdb',
  }
  await cloud.db.kysely
    .insertInto('block_device_mappings')
    .values({ ...row, tag: null, delete_on_termination: false, ...times })
    .execute()
  const next = await begun([given(volume)])
  await statusIs(next, 'ACTIVE')
  await deleted(next)
  await cloud.db.kysely.deleteFrom('block_device_mappings').where('uuid', '=', row.uuid).execute()
})
