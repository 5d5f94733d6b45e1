import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectFailure, httpError } from '@longhaul/keystoneauth'
import { uploadImage, type UploadTarget } from './upload.ts'

type Held = Awaited<ReturnType<UploadTarget['get']>>

const sha512 = 'a'.repeat(128)
const queued: Held = { status: 'queued', os_hash_value: null }
const saving: Held = { status: 'saving', os_hash_value: null }
const active: Held = { status: 'active', os_hash_value: sha512 }
const away = new ConnectFailure('GET http://glance: ECONNREFUSED')
const answer = (status: number) =>
  httpError({
    status,
    method: 'PUT',
    url: 'http://glance',
    message: 'no',
    retryAfter: 0,
    headers: {},
    body: '',
  })

/** An Image service whose answers are said one after the other; the last one again and again. */
function glance(script: { gets: (Held | Error)[]; puts?: (Error | undefined)[] }) {
  const { gets, puts = [undefined] } = script
  const seen = { gets: 0, puts: 0, pauses: [] as number[] }
  const next = <T>(list: readonly T[], count: number) => list[Math.min(count, list.length - 1)]
  const target: UploadTarget = {
    async get() {
      const found = next(gets, seen.gets++)!
      if (found instanceof Error) throw found
      return found
    },
    async upload(_id, _path, { onProgress }) {
      const failure = next(puts, seen.puts++)
      onProgress(1, 2)
      if (failure) throw failure
    },
  }
  const upload = (signal = new AbortController().signal) =>
    uploadImage({
      target,
      image: 'i',
      path: '/backup',
      sha512,
      signal,
      onProgress: () => {},
      sleep: async (milliseconds, stop) => {
        seen.pauses.push(milliseconds)
        stop.throwIfAborted()
      },
    })
  return { seen, upload }
}

test('A queued image is filled at once', async () => {
  const { seen, upload } = glance({ gets: [queued] })
  await upload()
  assert.deepEqual(seen, { gets: 1, puts: 1, pauses: [] })
})

test('An image that holds the file already is left alone', async () => {
  const { seen, upload } = glance({ gets: [active] })
  await upload()
  assert.equal(seen.puts, 0)
})

test('An image that holds something else, or holds nothing any more, is a conflict for good', async () => {
  for (const held of [
    { status: 'active', os_hash_value: 'b' },
    { status: 'active', os_hash_value: null },
    { status: 'killed', os_hash_value: null },
    { status: 'deleted', os_hash_value: sha512 },
  ]) {
    const { upload, seen } = glance({ gets: [held] })
    await assert.rejects(upload(), { code: 'image_conflict', terminal: true })
    assert.deepEqual([seen.puts, seen.pauses], [0, []])
  }
})

test('A broken upload is waited for until glance has noticed, then the file is sent again', async () => {
  const { seen, upload } = glance({ gets: [queued, saving, queued], puts: [away, undefined] })
  await upload()
  assert.deepEqual(seen, { gets: 3, puts: 2, pauses: [250, 500] })
})

test('An upload whose answer was lost is found done', async () => {
  const { seen, upload } = glance({ gets: [queued, active], puts: [answer(502)] })
  await upload()
  assert.equal(seen.puts, 1)
})

test('A service that is away or too busy, or that does not know of the broken upload yet, is asked again', async () => {
  const { upload, seen } = glance({
    gets: [away, answer(503), queued],
    puts: [answer(409), answer(429), undefined],
  })
  await upload()
  assert.deepEqual(seen.pauses, [250, 500, 1000, 2000])
})

for (const status of [400, 401, 403, 404, 410, 413, 415]) {
  test(`A ${status} is final, before and while the file is sent`, async () => {
    const before = glance({ gets: [answer(status)] })
    await assert.rejects(before.upload(), { code: `http_${status}` })
    const during = glance({ gets: [queued], puts: [answer(status)] })
    await assert.rejects(during.upload(), { code: `http_${status}` })
    assert.deepEqual([before.seen.pauses, during.seen.pauses], [[], []])
  })
}

test('After five minutes it is given up for now', async () => {
  const busy = glance({ gets: [saving] })
  await assert.rejects(busy.upload(), { code: 'image_busy', terminal: false })
  const waited = busy.seen.pauses.reduce((sum, pause) => sum + pause, 0) / 1000
  assert.ok(waited > 240 && waited <= 300, `${waited} s`)
  await assert.rejects(glance({ gets: [away] }).upload(), { code: 'connect_failure' })
})

test('Cancelling ends the waiting between two tries', async () => {
  const abort = new AbortController()
  const { upload, seen } = glance({ gets: [saving] })
  const uploading = upload(abort.signal)
  abort.abort(new Error('cancelled'))
  await assert.rejects(uploading)
  assert.ok(seen.gets <= 1)
})
