import assert from 'node:assert/strict'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { beginUpload } from '../testing/upload.ts'
import {
  putData,
  queuedImage,
  saving,
  settled,
  show,
  testGlance,
  type TestGlance,
} from '../testing/glance.ts'
import { judgeAfterMs, workerLeaseMs } from './recovery.ts'

const upload = '5f1e36c2-0e4a-4f0b-9a53-2d6a1f0c1b11'
const worker = 'http://glance:9292'

/** Writes columns of an image as a process left them that was killed. */
async function leave({ database }: TestGlance, id: string, columns: Record<string, string | number | null>) {
  await database.kysely.updateTable('images').set(columns).where('id', '=', id).execute()
}

const file = (glance: TestGlance, name: string, text = 'left over') =>
  writeFile(
    name.startsWith('staging/') ? join(glance.staging, name.slice(8)) : join(glance.directory, name),
    text,
  )

/** Lets time pass in which a process is heard of. */
async function pass({ clock, recovery }: TestGlance, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= judgeAfterMs) {
    clock.now += Math.min(left, judgeAfterMs)
    await recovery.sweep()
  }
}

describe('a restart', () => {
  test('queues images whose upload broke off, and removes files that no image has', async (t) => {
    const before = await testGlance(t)
    const headers = before.as()
    const [crashed, lost, deleted, active] = await Promise.all(
      [1, 2, 3, 4].map(() => queuedImage(before, headers)),
    )
    await putData(before, active!, headers)
    await leave(before, crashed!, { status: 'saving', upload_id: upload, worker })
    await file(before, `${crashed}.${upload}`)
    await file(before, `${lost}.${upload}`)
    await leave(before, deleted!, { status: 'deleted', data_id: upload })
    await file(before, `${deleted}`)
    await file(before, 'notes.txt')

    const after = await testGlance(t, { after: before })
    assert.deepEqual(await after.files(), [`${active}`, 'notes.txt'].toSorted())
    const statuses = [crashed!, lost!, active!].map(async (id) => (await show(after, id, headers))['status'])
    assert.deepEqual(await Promise.all(statuses), ['queued', 'queued', 'active'])
    assert.equal(await putData(after, crashed!, headers), 204)
  })

  test('publishes data that the database had taken already', async (t) => {
    const before = await testGlance(t)
    const headers = before.as()
    const id = await queuedImage(before, headers)
    await putData(before, id, headers, 'data')
    await leave(before, id, { data_id: upload })
    await rename(join(before.directory, id), join(before.directory, `${id}.${upload}`))
    const read = async (glance: TestGlance) =>
      (await glance.app.inject({ url: `/v2/images/${id}/file`, headers })).body
    assert.equal(await read(before), 'data')
    const after = await testGlance(t, { after: before })
    assert.deepEqual(await after.files(), [id])
    assert.equal(await read(after), 'data')
  })

  test('queues an image whose staging broke off and keeps data that is wholly staged', async (t) => {
    const before = await testGlance(t)
    const headers = before.as()
    const [broken, whole] = await Promise.all([1, 2].map(() => queuedImage(before, headers)))
    assert.equal(await putData(before, whole!, headers, 'data', 'stage'), 204)
    const [staged] = await before.files()
    await leave(before, broken!, { status: 'uploading', upload_id: upload, worker })
    await file(before, `staging/${broken}.${upload}`)

    const after = await testGlance(t, { after: before })
    assert.deepEqual(await after.files(), [staged])
    assert.equal((await show(after, broken!, headers))['status'], 'queued')
    assert.equal((await show(after, whole!, headers))['status'], 'uploading')
  })

  test('goes on with an import that was interrupted, and its task succeeds', async (t) => {
    const before = await testGlance(t)
    const headers = before.as()
    const id = await queuedImage(before, headers)
    await putData(before, id, headers, 'data', 'stage')
    await before.database.kysely
      .insertInto('tasks')
      .values({
        id: upload,
        type: 'api_image_import',
        status: 'processing',
        owner: 'id-project-demo',
        image_id: id,
        user_id: 'u',
        request_id: 'r',
        input: '{}',
        result: null,
        message: '',
        created_at: '2026-01-01',
        updated_at: '2026-01-01',
        expires_at: null,
      })
      .execute()
    await leave(before, id, { status: 'importing', upload_id: upload, worker, import_id: upload })
    await file(before, `${id}.${upload}`, 'da')

    const after = await testGlance(t, { after: before })
    assert.equal((await settled(after, id, headers))['status'], 'active')
    await after.running.idle()
    assert.deepEqual(await after.files(), [id])
    const answer = await after.app.inject({ url: `/v2/images/${id}/tasks`, headers })
    const { tasks } = answer.json<{ tasks: { status: string; result: unknown }[] }>()
    assert.deepEqual(
      tasks.map(({ status, result }) => [status, result]),
      [['success', { image_id: id }]],
    )
  })

  test('queues an image whose import was interrupted and whose staged data is gone', async (t) => {
    const before = await testGlance(t)
    const headers = before.as()
    const id = await queuedImage(before, headers)
    await leave(before, id, { status: 'importing', upload_id: upload, worker, staged_id: upload })
    const after = await testGlance(t, { after: before })
    assert.equal((await settled(after, id, headers))['status'], 'queued')
  })

  test('leaves a file of an image that the database does not know alone and logs it', async (t) => {
    const before = await testGlance(t)
    await file(before, upload, 'whose?')
    await file(before, `staging/${upload}.${upload}`, 'whose?')
    const after = await testGlance(t, { after: before })
    assert.deepEqual(await after.files(), [upload, `staging/${upload}.${upload}`])
    assert.ok(after.log.some((line) => line['image'] === upload && line['level'] === 'warn'))
  })
})

describe('of two processes on one database and directory', () => {
  const other = { worker: 'http://other:9292' }

  test('the start of one leaves the upload of the other alone', async (t) => {
    const first = await testGlance(t)
    const headers = first.as()
    const id = await queuedImage(first, headers)
    const running = beginUpload(await first.listen(), id, headers)
    running.request.write('da')
    await saving(first, id)
    const second = await testGlance(t, { after: first, ...other })
    await second.recovery.sweep()
    assert.equal((await show(second, id, headers))['status'], 'saving')
    running.request.end('ta')
    assert.equal((await running.answer).status, 204)
    const answer = await second.app.inject({ url: `/v2/images/${id}/file`, headers })
    assert.equal(answer.body, 'data')
  })

  test('one queues the images of the other when nothing is heard of it any more', async (t) => {
    const first = await testGlance(t)
    const headers = first.as()
    const id = await queuedImage(first, headers)
    await leave(first, id, { status: 'saving', upload_id: upload, worker: 'http://dead:9292' })
    await file(first, `${id}.${upload}`)
    await first.database.kysely
      .insertInto('workers')
      .values({ name: 'http://dead:9292', seen_at: new Date(first.clock.now).toISOString() })
      .execute()
    const second = await testGlance(t, { after: first, ...other })
    assert.equal((await show(second, id, headers))['status'], 'saving')
    await pass(second, workerLeaseMs)
    assert.equal((await show(second, id, second.as()))['status'], 'saving')
    await pass(second, 1)
    assert.equal((await show(second, id, second.as()))['status'], 'queued')
    assert.deepEqual(await second.files(), [])
  })

  test('one that was not heard of itself, as the database was away, does not judge the other', async (t) => {
    const first = await testGlance(t)
    const headers = first.as({ lifetime: 100_000 })
    const id = await queuedImage(first, headers)
    const running = beginUpload(await first.listen(), id, headers)
    running.request.write('da')
    await saving(first, id)
    const second = await testGlance(t, { after: first, ...other })
    await pass(second, judgeAfterMs)
    first.clock.now += workerLeaseMs + 1
    await second.recovery.sweep()
    assert.equal((await show(second, id, headers))['status'], 'saving')
    await first.recovery.sweep()
    await pass(second, judgeAfterMs)
    running.request.end('ta')
    assert.equal((await running.answer).status, 204)
  })

  test('one that was taken for dead loses its upload and spoils nothing of the one that took over', async (t) => {
    const first = await testGlance(t)
    const headers = first.as({ lifetime: 100_000 })
    const id = await queuedImage(first, headers)
    const slow = beginUpload(await first.listen(), id, headers)
    slow.request.write('slow')
    await saving(first, id)
    const second = await testGlance(t, { after: first, ...other })
    await pass(second, workerLeaseMs + 1)
    assert.equal(await putData(second, id, headers, 'fast'), 204)
    slow.request.end()
    assert.equal((await slow.answer).status, 409)
    assert.deepEqual(await second.files(), [id])
    assert.equal((await second.app.inject({ url: `/v2/images/${id}/file`, headers })).body, 'fast')
  })
})
