import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { closeSync, openSync, readSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createImage } from '@longhaul/qemu'
import { NbdClient } from '../testing/nbd-client.ts'
import { testCinder, turn, type TestCinder } from '../testing/cinder.ts'

const gibibyte = 2 ** 30
const v = { version: '3.70' }
const connector = { host: 'compute1' }

describe('the content of volumes', () => {
  let cinder: TestCinder
  const endings: (() => Promise<void>)[] = []
  before(async () => {
    cinder = await testCinder({ after: (stop) => endings.push(stop) })
  })
  after(() => endings[0]?.())

  const path = (id: string) => join(cinder.directory, `volume-${id}`)
  const write = (id: string, text: string, offset = 0) => {
    const file = openSync(path(id), 'r+')
    writeSync(file, Buffer.from(text), 0, text.length, offset)
    closeSync(file)
  }
  const read = (id: string, length: number, offset = 0) => {
    const file = openSync(path(id), 'r')
    const bytes = Buffer.alloc(length)
    readSync(file, bytes, 0, length, offset)
    closeSync(file)
    return bytes.toString()
  }
  const snapshot = async (volume: string, more: object = {}) => {
    const made = await cinder.call('POST', '/snapshots', { snapshot: { volume_id: volume, ...more } }, v)
    assert.equal(made.status, 202, JSON.stringify(made.json))
    const { id } = made.json.snapshot
    await cinder.until(`/snapshots/${id}`, 'available')
    return id
  }
  const attached = async (volume: string) => {
    const body = { attachment: { volume_uuid: volume, instance_uuid: randomUUID(), connector } }
    const { attachment } = (await cinder.call('POST', '/attachments', body, v)).json
    await cinder.call('POST', `/attachments/${attachment.id}/action`, { 'os-complete': {} }, v)
    const {
      server: { path: socket },
      export: name,
    } = attachment.connection_info
    return { id: attachment.id, server: attachment.instance, path: socket, name }
  }

  test('a snapshot keeps what the volume was, and volumes are made of it, larger ones too', async () => {
    const volume = await cinder.volume()
    write(volume, 'before')
    const id = await snapshot(volume, { name: 's' })
    write(volume, 'after!')
    const copy = await cinder.volume({ size: 2, snapshot_id: id })
    assert.equal(read(copy, 6), 'before')
    assert.equal(statSync(path(copy)).size, 2 * gibibyte)
    assert.ok(statSync(path(copy)).blocks * 512 < gibibyte / 8, 'it has holes')
    const small = await cinder.call('POST', '/volumes', { volume: { size: 1, snapshot_id: id } })
    assert.equal(small.status, 202)
    assert.equal((await cinder.call('DELETE', `/volumes/${volume}`)).status, 400)
    const cascade = await cinder.call('DELETE', `/volumes/${volume}?cascade=True`)
    assert.ok([202, 400].includes(cascade.status))
    await cinder.until(`/volumes/${small.json.volume.id}`, 'available')
    if (cascade.status === 400) await cinder.call('DELETE', `/volumes/${volume}?cascade=True`)
    await cinder.until(`/volumes/${volume}`, 'gone')
    assert.ok(!(await cinder.files()).some((name) => name.includes(volume) || name.includes(id)))
  })

  test('a volume is made of a volume in use, as it is at the moment', async () => {
    const volume = await cinder.volume()
    const { path: socket, name } = await attached(volume)
    const client = await NbdClient.connect(socket, name)
    await client.write(0, Buffer.from('before'))
    const copying = cinder.call('POST', '/volumes', { volume: { source_volid: volume } })
    const copy = (await copying).json.volume.id
    await cinder.until(`/volumes/${copy}`, 'available')
    await client.write(0, Buffer.from('after!'))
    assert.equal(read(copy, 6), 'before')
    const refused = await cinder.call('POST', '/snapshots', { snapshot: { volume_id: volume } })
    assert.equal(refused.status, 400)
    const forced = await cinder.call('POST', '/snapshots', { snapshot: { volume_id: volume, force: true } })
    assert.equal(forced.status, 202)
    await cinder.until(`/snapshots/${forced.json.snapshot.id}`, 'available')
    await snapshot(volume)
  })

  test('a volume is extended, also while it is in use, and Nova hears of it', async () => {
    const volume = await cinder.volume()
    const extend = (size: number, how = v) =>
      cinder.call('POST', `/volumes/${volume}/action`, { 'os-extend': { new_size: size } }, how)
    assert.equal((await extend(1)).status, 400)
    assert.equal((await extend(2)).status, 202)
    await cinder.until(`/volumes/${volume}`, 'available')
    assert.equal(statSync(path(volume)).size, 2 * gibibyte)
    const { path: socket, name, server } = await attached(volume)
    assert.equal((await extend(3, { version: '3.41' })).status, 400)
    assert.equal((await extend(3)).status, 202)
    const shown = await cinder.until(`/volumes/${volume}`, 'in-use')
    assert.equal(shown['size'], 3)
    assert.equal((await NbdClient.connect(socket, name)).size, 3 * gibibyte)
    while (!cinder.services.seen.some(({ path: asked }) => asked.includes('external-events'))) await turn()
    const told = cinder.services.seen.find(({ path: asked }) => asked.includes('external-events'))!
    assert.deepEqual(told.body, {
      events: [{ name: 'volume-extended', server_uuid: server, tag: volume }],
    })
  })

  test('a volume is made of an image, with the tokens of user and service', async (t) => {
    const data = Buffer.from('image data')
    const id = randomUUID()
    cinder.services.image(id, data, { name: 'cirros', os_distro: 'debian', hw_disk_bus: 'virtio' })
    const as = cinder.as()
    const made = await cinder.call('POST', '/volumes', { volume: { size: 1, imageRef: id } }, { as })
    const volume = made.json.volume.id
    const shown = await cinder.until(`/volumes/${volume}`, 'available')
    assert.equal(read(volume, data.length), 'image data')
    assert.equal(shown['bootable'], 'true')
    assert.equal(shown['volume_image_metadata'].image_id, id)
    assert.equal(shown['volume_image_metadata'].hw_disk_bus, 'virtio')
    const download = cinder.services.seen.findLast(({ path: asked }) => asked.endsWith('/file'))!
    assert.equal(download.userToken, as['x-auth-token'])
    assert.ok(download.serviceToken !== undefined && download.serviceToken !== download.userToken)
    const named = await cinder.volume({ size: 1, imageRef: 'cirros' })
    assert.equal(read(named, 5), 'image')

    const directory = await mkdtemp(join(tmpdir(), 'cinder-image-'))
    t.after(() => rm(directory, { recursive: true }))
    const file = join(directory, 'image.qcow2')
    await createImage(file, { format: 'qcow2', size: 2 ** 20 })
    const qcow2 = randomUUID()
    cinder.services.image(qcow2, await readFile(file), { disk_format: 'qcow2' })
    assert.equal(statSync(path(await cinder.volume({ imageRef: qcow2 }))).size, gibibyte)
    const backed = join(directory, 'backed.qcow2')
    await createImage(backed, { format: 'qcow2', backing: { path: file, format: 'qcow2' } })
    const refused: [string, Buffer, Record<string, unknown>][] = [
      ['names another file', await readFile(backed), { disk_format: 'qcow2' }],
      ['names another file', await readFile(backed), { disk_format: 'raw' }],
      ['is raw and not qcow2', data, { disk_format: 'qcow2' }],
    ]
    for (const [why, content, fields] of refused) {
      const bad = randomUUID()
      cinder.services.image(bad, content, fields)
      const failed = await cinder.call('POST', '/volumes', { volume: { size: 1, imageRef: bad } })
      await cinder.until(`/volumes/${failed.json.volume.id}`, 'error')
      assert.match(JSON.stringify(cinder.log), new RegExp(why))
      assert.equal((await cinder.call('DELETE', `/volumes/${failed.json.volume.id}`)).status, 202)
    }
  })

  test('images that make no volume are refused at once', async () => {
    const [queued, large, wide] = [randomUUID(), randomUUID(), randomUUID()]
    cinder.services.image(queued, Buffer.from('x'), { status: 'queued' })
    cinder.services.image(large, Buffer.from('x'), { size: gibibyte + 1 })
    cinder.services.image(wide, Buffer.from('x'), { min_disk: 5 })
    for (const [imageRef, message] of [
      [queued, /is not active/],
      [large, /Size of specified image 2GB is larger than volume size 1GB/],
      [wide, /minDisk size 5GB/],
      [randomUUID(), /Invalid image identifier/],
      ['nothing', /Invalid image identifier/],
    ] as const) {
      const answer = await cinder.call('POST', '/volumes', { volume: { size: 1, imageRef } })
      assert.equal(answer.status, 400)
      assert.match(answer.json.badRequest.message, message)
    }
  })
})

test('what a dead process left half made is finished or given up, and nothing is orphaned', async (t) => {
  const first = await testCinder(t)
  const [source, grows, goes] = [await first.volume(), await first.volume(), await first.volume()]
  const body = { attachment: { volume_uuid: grows, instance_uuid: randomUUID(), connector } }
  const { attachment } = (await first.call('POST', '/attachments', body, v)).json
  const [daemon] = first.daemons()
  await first.crash()

  // What it had written to the database and the store when it died.
  const db = first.database.kysely
  const row = await db.selectFrom('volumes').selectAll().where('id', '=', source).executeTakeFirstOrThrow()
  const fresh = (more: object) => ({ ...row, id: randomUUID(), status: 'creating', ...more })
  const empty = fresh({})
  const clone = fresh({ source_volid: source })
  const image = fresh({ image_id: randomUUID(), status: 'downloading' })
  await db.insertInto('volumes').values([empty, clone, image]).execute()
  writeFileSync(join(first.directory, `volume-${empty.id}.part`), 'half')
  writeFileSync(join(first.directory, `received-volume-${image.id}.part`), 'half')
  const unknown = `volume-${randomUUID()}`
  writeFileSync(join(first.directory, unknown), 'perhaps of a newer database')
  writeFileSync(join(first.directory, `snapshot-${randomUUID()}.part`), 'of nothing')
  writeFileSync(join(first.directory, 'of somebody else'), '')
  await db.updateTable('volumes').set({ status: 'deleting' }).where('id', '=', goes).execute()
  await db
    .updateTable('volumes')
    .set({ status: 'extending', previous_status: 'in-use', new_size: 2 })
    .where('id', '=', grows)
    .execute()
  const snapshot = {
    id: randomUUID(),
    project_id: row.project_id,
    user_id: row.user_id,
    volume_id: source,
    name: null,
    description: null,
    status: 'creating',
    volume_size: 1,
    volume_type_id: row.volume_type_id,
    created_at: row.created_at,
    updated_at: null,
  }
  await db.insertInto('snapshots').values(snapshot).execute()

  const second = await testCinder(t, { after: first })
  await second.until(`/volumes/${empty.id}`, 'available')
  await second.until(`/volumes/${clone.id}`, 'available')
  await second.until(`/volumes/${image.id}`, 'error')
  await second.until(`/volumes/${goes}`, 'gone')
  await second.until(`/snapshots/${snapshot.id}`, 'available')
  assert.equal((await second.until(`/volumes/${grows}`, 'in-use'))['size'], 2)
  assert.deepEqual(
    await second.files(),
    [
      'of somebody else',
      unknown,
      `snapshot-${snapshot.id}`,
      ...[source, grows, empty.id, clone.id].map((id) => `volume-${id}`),
    ].toSorted(),
  )
  // The volume in use went on being served.
  assert.deepEqual(second.daemons(), [daemon])
  const {
    server: { path: socket },
    export: name,
  } = attachment.connection_info
  assert.equal((await NbdClient.connect(socket, name)).size, 2 * gibibyte)
  for (const id of [empty.id, clone.id, image.id]) {
    assert.equal((await second.call('DELETE', `/volumes/${id}`)).status, 202)
    await second.until(`/volumes/${id}`, 'gone')
  }
})

test('a work that the database interrupted goes on at the next sweep', async (t) => {
  const cinder = await testCinder(t)
  const id = await cinder.volume()
  await cinder.database.kysely
    .updateTable('volumes')
    .set({ status: 'deleting' })
    .where('id', '=', id)
    .execute()
  await cinder.recovery.sweep()
  await cinder.until(`/volumes/${id}`, 'gone')
  assert.deepEqual(await cinder.files(), [])
})
