import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import { purge } from '../db/purge.ts'
import type { Version } from '../microversions.ts'
import { testCloud, type TestCloud } from '../testing/cloud.ts'
import { volumeScene, type VolumeScene } from '../testing/volumes.ts'

let cloud: TestCloud
let scene: VolumeScene
let server: string

before(async () => {
  cloud = await testCloud({ conductor: false })
  scene = volumeScene(cloud)
})
after(() => cloud.close())
beforeEach(async () => {
  scene.fresh()
  server = await idleServer()
})

/** A server without a task, which nobody has built. */
async function idleServer(): Promise<string> {
  const body = { server: { name: 'vm', imageRef: cloud.imageId, flavorRef: '42', networks: [] } }
  const { id } = (await cloud.call('POST', '/servers', body)).json['server'] as { id: string }
  const idle = { vm_state: 'active', task_state: null, operation_id: null, host: 'compute1' }
  await cloud.db.kysely.updateTable('servers').set(idle).where('id', '=', id).execute()
  return id
}

/** A volume of a server, as it is when the operation has ended. */
async function attached(id: string, more?: object): Promise<string> {
  const volume = cloud.cinder.volume()
  assert.equal((await scene.attach(id, volume, more)).status, 200)
  cloud.cinder.volumes.get(volume)!.status = 'in-use'
  return volume
}

const url = (volume = '') => `/servers/${server}/os-volume_attachments${volume && `/${volume}`}`
const get = async (path: string, version: Version) =>
  (await cloud.call('GET', path, undefined, cloud.in(version))).json
const messageOf = (json: Record<string, unknown>) =>
  (Object.values(json)[0] as { message: string } | undefined)?.message ?? ''

test('each version shows of a volume what it knows', async () => {
  const volume = await attached(server, { tag: 'data', delete_on_termination: true })
  const row = await cloud.db.kysely
    .selectFrom('block_device_mappings')
    .selectAll()
    .where('volume_id', '=', volume)
    .executeTakeFirstOrThrow()
  const bare = { volumeId: volume, serverId: server, device: '/dev/vdb' }
  const expected: [Version, object][] = [
    ['2.1', { id: volume, ...bare }],
    ['2.70', { id: volume, ...bare, tag: 'data' }],
    ['2.79', { id: volume, ...bare, tag: 'data', delete_on_termination: true }],
    [
      '2.89',
      {
        ...bare,
        tag: 'data',
        delete_on_termination: true,
        attachment_id: row.attachment_id,
        bdm_uuid: row.uuid,
      },
    ],
  ]
  for (const [version, volumeAttachment] of expected) {
    assert.deepEqual(await get(url(volume), version), { volumeAttachment })
    assert.deepEqual(await get(url(), version), { volumeAttachments: [volumeAttachment] })
  }
  const shown = async (version: Version) =>
    ((await get(`/servers/${server}`, version))['server'] as Record<string, unknown>)[
      'os-extended-volumes:volumes_attached'
    ]
  assert.deepEqual(await shown('2.1'), [{ id: volume }])
  assert.deepEqual(await shown('2.3'), [{ id: volume, delete_on_termination: true }])
})

test('a list has pages', async () => {
  const volumes = [await attached(server), await attached(server)]
  const page = async (query: string) =>
    ((await get(`${url()}?${query}`, '2.75'))['volumeAttachments'] as { device: string }[]).map(
      ({ device }) => device,
    )
  assert.deepEqual(await page('limit=1'), ['/dev/vdb'])
  assert.deepEqual(await page('limit=1&offset=1'), ['/dev/vdc'])
  assert.deepEqual(await page('offset=2'), [])
  assert.equal((await cloud.call('GET', `${url()}?marker=x`, undefined, cloud.in('2.75'))).status, 400)
  assert.equal((await cloud.call('GET', `${url()}?limit=-1`)).status, 400)
  await cloud.db.kysely.deleteFrom('block_device_mappings').where('volume_id', '=', volumes[0]!).execute()
  const next = await scene.attach(server, cloud.cinder.volume())
  assert.equal((next.json['volumeAttachment'] as { device: string }).device, '/dev/vdb', 'free again')
})

test('what Cinder and nova refuse is told at once, and reserves nothing', async () => {
  const { cinder } = cloud
  const other = await idleServer()
  const taken = await attached(other)
  const cases: [volume: string, status: number, message: RegExp][] = [
    [randomUUID(), 404, /^Volume \S+ could not be found\.$/],
    [taken, 400, /status must be available/],
    [cinder.volume({ status: 'error' }), 400, /status must be available/],
    [cinder.volume({ multiattach: true }), 409, /multiattach/],
  ]
  for (const [volume, status, message] of cases) {
    const answer = await scene.attach(server, volume)
    assert.equal(answer.status, status)
    assert.match(messageOf(answer.json), message)
  }
  const again = await scene.attach(other, taken)
  assert.equal(again.status, 400)
  assert.equal(messageOf(again.json), `Invalid volume: volume ${taken} already attached`)
  for (const [refused, told] of [
    [401, 401],
    [403, 403],
    [503, 503],
  ] as const) {
    cinder.refuse = ({ method }) => (method === 'POST' ? refused : undefined)
    assert.equal((await scene.attach(server, cinder.volume())).status, told)
  }
  cinder.refuse = undefined
  assert.equal((await scene.detach(server, taken)).status, 404)
  cinder.volumes.get(taken)!.status = 'maintenance'
  const odd = await scene.detach(other, taken)
  assert.equal(odd.status, 400)
  assert.match(messageOf(odd.json), /Unable to detach volume/)
  assert.deepEqual(await scene.volumesOf(server), [])
  assert.deepEqual(await scene.volumesOf(other), [taken])
  const reserved = cloud.db.kysely.selectFrom('block_device_mappings').select('id')
  assert.deepEqual(await reserved.where('reserved_at', 'is not', null).execute(), [])
  assert.equal([...cinder.attachments.values()].filter(({ volume_id: id }) => id === taken).length, 1)
})

test('a volume is detached once', async () => {
  const volume = await attached(server)
  assert.equal((await scene.detach(server, volume)).status, 202)
  assert.equal(cloud.cinder.volumes.get(volume)?.status, 'detaching')
  assert.equal((await scene.detach(server, volume)).status, 400)
  assert.deepEqual(await scene.volumesOf(server), [volume], 'until the operation has ended')
})

test('a server that is locked, busy or in another state neither gets nor loses a volume', async () => {
  const volume = cloud.cinder.volume()
  const set = async (changes: { locked_by?: string | null; task_state?: string | null; vm_state?: string }) =>
    void (await cloud.db.kysely.updateTable('servers').set(changes).where('id', '=', server).execute())
  for (const [changes, message] of [
    [{ locked_by: 'admin' }, /is locked/],
    [{ task_state: 'rebooting' }, /'attach_volume'.*task_state rebooting/],
    [{ vm_state: 'suspended' }, /'attach_volume'.*vm_state suspended/],
  ] as const) {
    await set(changes)
    const answer = await scene.attach(server, volume)
    assert.equal(answer.status, 409)
    assert.match(messageOf(answer.json), message)
    assert.equal((await scene.detach(server, volume)).status, 409)
    await set({ locked_by: null, task_state: null, vm_state: 'active' })
  }
  assert.deepEqual(cloud.cinder.calls, [], 'Cinder was not asked')
  const foreign = cloud.as(['member', 'reader'], 'other')
  assert.equal((await scene.attach(server, volume, {}, foreign)).status, 404)
  const reader = cloud.as(['reader'], 'demo')
  assert.equal((await scene.attach(server, volume, {}, reader)).status, 403)
})

test('a server that becomes busy while Cinder is asked gives everything back', async () => {
  const { cinder, db } = cloud
  const busy = (task_state: string | null) =>
    db.kysely.updateTable('servers').set({ task_state }).where('id', '=', server).execute()
  const volume = await attached(server)
  cinder.refuse = async ({ method }) => {
    if (method === 'POST') await busy('rebooting')
    return undefined
  }
  const another = cinder.volume()
  assert.equal((await scene.attach(server, another)).status, 409)
  assert.equal(cinder.volumes.get(another)?.status, 'available')
  await busy(null)
  assert.equal((await scene.detach(server, volume)).status, 409)
  assert.equal(cinder.volumes.get(volume)?.status, 'in-use')
  cinder.refuse = undefined
  await busy(null)
  assert.deepEqual(await scene.volumesOf(server), [volume])
})

test('an attachment whose answer is lost is deleted at once', async () => {
  const { cinder } = cloud
  const volume = cinder.volume()
  const made = { status: 'reserved', instance: server, volume_id: volume, connection_info: {} }
  cinder.refuse = ({ method }) => {
    if (method !== 'POST') return undefined
    cinder.attachments.set('lost', { id: 'lost', ...made })
    return 503
  }
  assert.equal((await scene.attach(server, volume)).status, 503)
  assert.equal(cinder.attachments.has('lost'), false)
  cinder.refuse = undefined
  assert.equal((await scene.attach(server, volume)).status, 200, 'nothing is reserved')
})

test('keys that a version does not know are refused', async () => {
  const volume = cloud.cinder.volume()
  for (const [version, more] of [
    ['2.48', { tag: 'x' }],
    ['2.78', { delete_on_termination: true }],
    ['2.89', { attachment_id: 'x' }],
    ['2.89', { device: 'vdb' }],
  ] as const) {
    assert.equal((await scene.attach(server, volume, more, cloud.in(version))).status, 400)
  }
  assert.deepEqual(cloud.cinder.calls, [])
})

test('whether a volume goes with its server is changed, and nothing else', async () => {
  const volume = await attached(server, { tag: 'data' })
  const put = async (body: object, version: Version = '2.85', headers?: Record<string, string>) =>
    (
      await cloud.call(
        'PUT',
        url(volume),
        { volumeAttachment: { volumeId: volume, ...body } },
        cloud.in(version, headers),
      )
    ).status
  const same = { id: volume, serverId: server, device: '/dev/vdb', tag: 'data' }
  assert.equal(await put({ ...same, delete_on_termination: true }), 202)
  const shown = (await get(url(volume), '2.79'))['volumeAttachment'] as Record<string, unknown>
  assert.equal(shown['delete_on_termination'], true)
  for (const other of [
    { id: randomUUID() },
    { serverId: randomUUID() },
    { device: '/dev/vdx' },
    { tag: 'y' },
  ]) {
    assert.equal(await put(other), 400)
  }
  assert.equal(await put({}, '2.84'), 403, 'that would be a swap, which is for services')
  const admin = cloud.as(['admin', 'member'], 'demo')
  assert.equal(await put({}, '2.84', admin), 501)
  assert.equal(await put({ volumeId: cloud.cinder.volume() }, '2.85', admin), 501)
  assert.equal(await put({ delete_on_termination: true }, '2.84', admin), 400)
})

test('a deleted server for which a volume is still reserved is not purged', async () => {
  const db = cloud.db.kysely
  await attached(server)
  await db.deleteFrom('operations').where('server_id', '=', server).execute()
  await db
    .updateTable('servers')
    .set({ deleted_at: new Date(0) })
    .where('id', '=', server)
    .execute()
  const purged = async () =>
    (await purge({ db, forgetWorkflows: async () => {}, before: new Date(1) }))['servers'] ?? 0
  assert.equal(await purged(), 0)
  await db.deleteFrom('block_device_mappings').where('server_id', '=', server).execute()
  assert.equal(await purged(), 1)
})
