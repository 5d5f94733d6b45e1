import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test, type TestContext } from 'node:test'
import { ApiError } from '@longhaul/oslo/api'
import { createLogger } from '@longhaul/oslo/log'
import { FileStore, type PartialFile } from './file-store.ts'
import { Uploads, type UploadRecords } from './uploads.ts'

const id = '5f1e36c2-0e4a-4f0b-9a53-2d6a1f0c1b11'

/** A row of one image in memory, whose database may be away. */
class OneImage implements UploadRecords {
  status: string = 'queued'
  uploadId: string | null = null
  /** Calls that throw, before or after they have taken effect. */
  lost: { call: 'finish' | 'abandon' | 'state'; after?: boolean } | undefined

  async start(_id: string, uploadId: string): Promise<boolean> {
    return this.#change('queued', 'saving', uploadId)
  }

  async finish(_id: string, uploadId: string): Promise<boolean> {
    return this.#answer('finish', () => this.uploadId === uploadId && this.#change('saving', 'active', null))
  }

  async abandon(_id: string, uploadId: string): Promise<boolean> {
    return this.#answer('abandon', () => this.uploadId === uploadId && this.#change('saving', 'queued', null))
  }

  async state() {
    return this.#answer('state', () => ({ status: this.status, uploadId: this.uploadId }))
  }

  #change(from: string, to: string, uploadId: string | null): boolean {
    if (this.status !== from) return false
    this.status = to
    this.uploadId = uploadId
    return true
  }

  #answer<T>(call: string, take: () => T): T {
    if (this.lost?.call !== call) return take()
    if (this.lost.after) take()
    throw new Error('the database is away')
  }
}

/** A directory whose files fail as asked. */
class FailingStore extends FileStore {
  failure: string | undefined

  override async create(image: string, uploadId: string): Promise<PartialFile> {
    const file = await super.create(image, uploadId)
    if (this.failure === undefined) return file
    const append = () => Promise.reject(Object.assign(new Error(this.failure), { code: this.failure }))
    return { ...file, append }
  }
}

async function setUp(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'glance-'))
  t.after(() => rm(directory, { recursive: true }))
  const records = new OneImage()
  const files = new FailingStore(directory)
  const logger = createLogger({ service: 'glance-api', level: 'silent' })
  const uploads = new Uploads({ records, files, logger, sizeCap: 1000, randomUUID })
  const receive = () => {
    const image = { id, status: records.status, containerFormat: 'bare', diskFormat: 'raw' }
    return uploads.receive(image, Readable.from([Buffer.from('data')]), undefined)
  }
  return { records, files, uploads, receive, names: () => readdir(directory) }
}

for (const [failure, status] of [
  ['ENOSPC', 413],
  ['EDQUOT', 413],
  ['EROFS', 503],
] as const) {
  test(`${failure} while writing answers ${status}, the image is queued again and no file is left`, async (t) => {
    const { records, files, receive, names } = await setUp(t)
    files.failure = failure
    await assert.rejects(receive(), (error) => error instanceof ApiError && error.status === status)
    assert.equal(records.status, 'queued')
    assert.deepEqual(await names(), [])
  })
}

test('an upload whose last answer is lost after the database took it succeeds and keeps the data', async (t) => {
  const { records, receive, names } = await setUp(t)
  records.lost = { call: 'finish', after: true }
  await receive()
  assert.equal(records.status, 'active')
  assert.deepEqual(await names(), [id])
})

test('an upload that the database did not take fails, the image is queued again and no file is left', async (t) => {
  const { records, receive, names } = await setUp(t)
  records.lost = { call: 'finish' }
  await assert.rejects(receive())
  assert.equal(records.status, 'queued')
  assert.deepEqual(await names(), [])
})

test('an image that could not be given back is given back as soon as the database answers', async (t) => {
  const { records, files, uploads, receive, names } = await setUp(t)
  files.failure = 'ENOSPC'
  records.lost = { call: 'abandon' }
  await assert.rejects(receive())
  await uploads.settle()
  assert.equal(records.status, 'saving')
  records.lost = undefined
  await uploads.settle()
  assert.equal(records.status, 'queued')
  files.failure = undefined
  await receive()
  assert.deepEqual(await names(), [id])
})

test('what a failed upload left to settle does not touch a later upload of the image', async (t) => {
  const { records, files, uploads, receive, names } = await setUp(t)
  files.failure = 'ENOSPC'
  records.lost = { call: 'abandon', after: true }
  await assert.rejects(receive())
  files.failure = undefined
  records.lost = undefined
  await receive()
  await uploads.settle()
  assert.equal(records.status, 'active')
  assert.deepEqual(await names(), [id])
})
