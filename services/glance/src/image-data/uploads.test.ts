import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { test, type TestContext } from 'node:test'
import { ApiError } from '@longhaul/oslo/api'
import { createLogger } from '@longhaul/oslo/log'
import { queuedImage, testGlance } from '../testing/glance.ts'
import { FileStore, type Upload, type UploadFile } from './file-store.ts'
import { Imports } from './imports.ts'
import { DataRecords } from './records.ts'
import { Recovery } from './recovery.ts'
import { Running } from './running.ts'
import { Uploads } from './uploads.ts'

type Call = 'finishUpload' | 'abandon' | 'state'

/** Records of a database that is away for one kind of call, before or after the call has taken effect. */
class AbsentRecords extends DataRecords {
  lost: { call: Call; after?: boolean } | undefined
  /** A change that was on its way when the answer was lost: it takes effect before the next. */
  late: (() => Promise<unknown>) | undefined

  override async finishUpload(...args: Parameters<DataRecords['finishUpload']>) {
    return await this.#answer('finishUpload', () => super.finishUpload(...args))
  }

  override async abandon(...args: Parameters<DataRecords['abandon']>) {
    await this.late?.()
    return await this.#answer('abandon', () => super.abandon(...args))
  }

  override async state(...args: Parameters<DataRecords['state']>) {
    return await this.#answer('state', () => super.state(...args))
  }

  async #answer<T>(call: Call, take: () => Promise<T>): Promise<T> {
    if (this.lost?.call !== call) return await take()
    if (this.lost.after) await take()
    throw new Error('the database is away')
  }
}

/** A directory whose files fail as asked. */
class FailingStore extends FileStore {
  failure: string | undefined

  override async create(upload: Upload): Promise<UploadFile> {
    const file = await super.create(upload)
    if (this.failure === undefined) return file
    const append = () => Promise.reject(Object.assign(new Error(this.failure), { code: this.failure }))
    return { ...file, append }
  }
}

async function setUp(t: TestContext) {
  const glance = await testGlance(t)
  const headers = glance.as()
  const id = await queuedImage(glance, headers)
  const records = new AbsentRecords({
    database: glance.database,
    now: () => glance.clock.now,
    taskLifeMs: 1000,
  })
  const store = new FailingStore(glance.directory)
  const parts = {
    records,
    store,
    staging: new FileStore(glance.staging),
    logger: createLogger({ service: 'glance-api', level: 'silent' }),
    running: new Running(),
    worker: 'http://tested:9292',
    settings: { sizeCap: 1000, storageQuota: undefined, requireFormatMatch: true },
    randomUUID,
  }
  const uploads = new Uploads(parts)
  const recovery = new Recovery({ ...parts, now: () => glance.clock.now }, new Imports(parts, uploads))
  const show = async () =>
    (await glance.app.inject({ url: `/v2/images/${id}`, headers })).json<{ status: string }>().status
  const receive = async () => {
    const image = { id, status: await show(), owner: 'o', containerFormat: 'bare', diskFormat: 'raw' }
    await uploads.upload(image, Readable.from([Buffer.from('data')]), undefined)
  }
  const patch = (path: string, value: string) =>
    glance.app.inject({
      method: 'PATCH',
      url: `/v2/images/${id}`,
      headers: { ...headers, 'content-type': 'application/openstack-images-v2.1-json-patch' },
      payload: JSON.stringify([{ op: 'replace', path, value }]),
    })
  return { id, records, store, recovery, receive, patch, status: show, files: () => glance.files() }
}

for (const [failure, status] of [
  ['ENOSPC', 413],
  ['EDQUOT', 413],
  ['EROFS', 503],
] as const) {
  test(`${failure} while writing answers ${status}, the image is queued again and no file is left`, async (t) => {
    const tested = await setUp(t)
    tested.store.failure = failure
    await assert.rejects(tested.receive(), (error) => error instanceof ApiError && error.status === status)
    assert.equal(await tested.status(), 'queued')
    assert.deepEqual(await tested.files(), [])
  })
}

test('data is judged by the format that the image has when the upload begins, not by an earlier one', async (t) => {
  const tested = await setUp(t)
  assert.equal((await tested.patch('/disk_format', 'qcow2')).statusCode, 200)
  await assert.rejects(tested.receive(), (error) => error instanceof ApiError && error.status === 415)
  assert.equal(await tested.status(), 'queued')
  assert.deepEqual(await tested.files(), [])
})

test('an upload whose last answer is lost after the database took it succeeds and keeps the data', async (t) => {
  const tested = await setUp(t)
  tested.records.lost = { call: 'finishUpload', after: true }
  await tested.receive()
  assert.equal(await tested.status(), 'active')
  assert.deepEqual(await tested.files(), [tested.id])
})

test('an upload whose end was still on its way when its answer was lost keeps the data', async (t) => {
  const tested = await setUp(t)
  const { records } = tested
  const finish = records.finishUpload.bind(records)
  records.finishUpload = async (...args) => {
    records.late = () => finish(...args)
    throw new Error('the connection broke')
  }
  await tested.receive()
  assert.equal(await tested.status(), 'active')
  assert.deepEqual(await tested.files(), [tested.id])
})

test('an upload that the database did not take fails, the image is queued again and no file is left', async (t) => {
  const tested = await setUp(t)
  tested.records.lost = { call: 'finishUpload' }
  await assert.rejects(tested.receive())
  assert.equal(await tested.status(), 'queued')
  assert.deepEqual(await tested.files(), [])
})

test('an image that could not be given back is given back as soon as the database answers', async (t) => {
  const tested = await setUp(t)
  tested.store.failure = 'ENOSPC'
  tested.records.lost = { call: 'abandon' }
  await assert.rejects(tested.receive())
  await tested.recovery.sweep()
  assert.equal(await tested.status(), 'saving')
  tested.records.lost = undefined
  await tested.recovery.sweep()
  assert.equal(await tested.status(), 'queued')
  tested.store.failure = undefined
  await tested.receive()
  assert.deepEqual(await tested.files(), [tested.id])
})

test('an upload whose end the database keeps to itself is whole after the next sweep', async (t) => {
  const tested = await setUp(t)
  tested.records.lost = { call: 'state' }
  tested.store.failure = 'ENOSPC'
  await assert.rejects(tested.receive())
  tested.records.lost = undefined
  tested.store.failure = undefined
  await tested.recovery.sweep()
  await tested.receive()
  await tested.recovery.sweep()
  assert.equal(await tested.status(), 'active')
  assert.deepEqual(await tested.files(), [tested.id])
})
