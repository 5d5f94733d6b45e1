import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { queuedImage, saving, show, testGlance, turn, type TestGlance } from '../testing/glance.ts'
import { beginUpload } from '../testing/upload.ts'

const run = promisify(execFile)
const octets = { 'content-type': 'application/octet-stream' }
const data = Buffer.alloc(200_000, 'longhaul ')

async function put(glance: TestGlance, id: string, headers: Record<string, string>, body: Buffer) {
  const url = `${await glance.listen()}/v2/images/${id}/file`
  const answer = await fetch(url, {
    method: 'PUT',
    headers: { ...octets, ...headers },
    body: new Uint8Array(body),
  })
  return { statusCode: answer.status, body: await answer.text() }
}

/** Makes a file with qemu-img and gives its bytes. */
async function qemuImage(t: TestContext, ...args: string[]): Promise<Buffer> {
  const directory = await mkdtemp(join(tmpdir(), 'glance-qemu-'))
  t.after(() => rm(directory, { recursive: true }))
  await run('qemu-img', ['create', '-q', ...args, 'image', '1M'], { cwd: directory })
  return await readFile(join(directory, 'image'))
}

/** The image has no data and waits for it, as if nobody had tried. */
async function assertUntouched(
  glance: TestGlance,
  id: string,
  headers: Record<string, string>,
): Promise<void> {
  const { status, size, checksum } = await show(glance, id, headers)
  assert.deepEqual({ status, size, checksum }, { status: 'queued', size: null, checksum: null })
  assert.deepEqual(await glance.files(), [])
}

describe('PUT /v2/images/{id}/file', () => {
  test('stores the data, counts and hashes it, and the image is active', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    const answer = await put(glance, id, headers, data)
    assert.equal(answer.statusCode, 204, answer.body)
    const image = await show(glance, id, headers)
    assert.equal(image['status'], 'active')
    assert.equal(image['size'], data.length)
    assert.equal(image['virtual_size'], data.length)
    assert.equal(image['checksum'], createHash('md5').update(data).digest('hex'))
    assert.equal(image['os_hash_algo'], 'sha512')
    assert.equal(image['os_hash_value'], createHash('sha512').update(data).digest('hex'))
    assert.deepEqual(await glance.files(), [id])
    assert.deepEqual(await readFile(join(glance.directory, id)), data)
  })

  test('takes data in chunks without a length', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    const upload = beginUpload(await glance.listen(), id, headers)
    for (let at = 0; at < data.length; at += 30_000) upload.request.write(data.subarray(at, at + 30_000))
    upload.request.end()
    assert.equal((await upload.answer).status, 204)
    assert.equal((await show(glance, id, headers))['checksum'], createHash('md5').update(data).digest('hex'))
  })

  test('an upload that begins with a valid token ends well after the token has expired', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as({ lifetime: 10 })
    const id = await queuedImage(glance, headers)
    const upload = beginUpload(await glance.listen(), id, headers)
    upload.request.write(data)
    await saving(glance, id)
    glance.clock.now += 20_000
    upload.request.end()
    assert.equal((await upload.answer).status, 204)
  })

  test('no data at all makes an active image of size 0', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    assert.equal((await put(glance, id, headers, Buffer.alloc(0))).statusCode, 204)
    const { status, size } = await show(glance, id, headers)
    assert.deepEqual({ status, size }, { status: 'active', size: 0 })
  })

  test('the second upload of an image is refused with 409 and the first stays', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    await put(glance, id, headers, data)
    assert.equal((await put(glance, id, headers, Buffer.from('other'))).statusCode, 409)
    assert.deepEqual(await readFile(join(glance.directory, id)), data)
  })

  test('of two uploads at the same time one is refused with 409', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    const url = await glance.listen()
    const uploads = [beginUpload(url, id, headers), beginUpload(url, id, headers)]
    for (const { request } of uploads) request.write(data)
    for (const { request } of uploads) request.end()
    const statuses = (await Promise.all(uploads.map(({ answer }) => answer))).map(({ status }) => status)
    assert.deepEqual(new Set(statuses), new Set([204, 409]))
    assert.deepEqual(await glance.files(), [id])
  })

  test('a sender that goes away in the middle leaves the image queued and no file', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    const upload = beginUpload(await glance.listen(), id, headers)
    upload.request.write(data)
    await saving(glance, id)
    upload.request.destroy()
    await nobodySaves(glance, id)
    await glance.running.idle()
    await assertUntouched(glance, id, headers)
    assert.equal((await put(glance, id, headers, data)).statusCode, 204)
  })

  test('a sender that falls silent is cut off, and the image is queued', async (t) => {
    const glance = await testGlance(t, { idleTimeoutMs: 50 })
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    const upload = beginUpload(await glance.listen(), id, headers)
    upload.request.write(data)
    await assert.rejects(upload.answer)
    await nobodySaves(glance, id)
    await glance.running.idle()
    await assertUntouched(glance, id, headers)
  })

  test('an image that is deleted in the middle answers 410 and leaves no file', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    const upload = beginUpload(await glance.listen(), id, headers)
    upload.request.write(data)
    await saving(glance, id)
    const deleted = await glance.app.inject({ method: 'DELETE', url: `/v2/images/${id}`, headers })
    assert.equal(deleted.statusCode, 204)
    upload.request.end()
    assert.equal((await upload.answer).status, 410)
    assert.deepEqual(await glance.files(), [])
  })

  test('data over the limit is refused with 413, announced or not', async (t) => {
    const glance = await testGlance(t, { data: { sizeCap: 100_000 } })
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    assert.equal((await put(glance, id, headers, data)).statusCode, 413)
    await assertUntouched(glance, id, headers)
    const upload = beginUpload(await glance.listen(), id, headers)
    upload.request.end(data)
    assert.equal((await upload.answer).status, 413)
    await assertUntouched(glance, id, headers)
    assert.equal((await put(glance, id, headers, data.subarray(0, 100_000))).statusCode, 204)
  })

  test('another type than octets is refused with 415', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    for (const type of ['text/plain', 'application/json']) {
      const answer = await put(glance, id, { ...headers, 'content-type': type }, Buffer.from('{}'))
      assert.equal(answer.statusCode, 415)
    }
    await assertUntouched(glance, id, headers)
  })

  test('an image without formats takes no data: 400', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers, { disk_format: null })
    assert.equal((await put(glance, id, headers, data)).statusCode, 400)
  })

  test('a stranger gets 404, and 403 for an image that he sees', async (t) => {
    const glance = await testGlance(t)
    const unseen = await queuedImage(glance, glance.as(), { visibility: 'private' })
    const seen = await queuedImage(glance, glance.asAdmin(), { visibility: 'public' })
    const stranger = glance.as({ userName: 'eve', projectName: 'other' })
    assert.equal((await put(glance, unseen, stranger, data)).statusCode, 404)
    assert.equal((await put(glance, seen, stranger, data)).statusCode, 403)
  })
})

describe('what is uploaded', () => {
  test('a qcow2 image tells its virtual size', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers, { disk_format: 'qcow2' })
    assert.equal((await put(glance, id, headers, await qemuImage(t, '-f', 'qcow2'))).statusCode, 204)
    assert.equal((await show(glance, id, headers))['virtual_size'], 1024 * 1024)
  })

  const refusals: [title: string, diskFormat: string, args: string[], code: string][] = [
    [
      'names a backing file',
      'qcow2',
      ['-f', 'qcow2', '-u', '-b', '/etc/passwd', '-F', 'raw'],
      'backing file',
    ],
    [
      'names a data file',
      'qcow2',
      ['-f', 'qcow2', '-o', 'data_file=/tmp/data,data_file_raw=on', '-u'],
      'data file',
    ],
    ['is a qcow2 and declared raw', 'raw', ['-f', 'qcow2'], 'format qcow2'],
    ['is a qcow2 and declared an ISO', 'iso', ['-f', 'qcow2'], 'format qcow2'],
    [
      'is a VMDK that lists other files',
      'vmdk',
      ['-f', 'vmdk', '-o', 'subformat=monolithicFlat'],
      'data file',
    ],
  ]
  for (const [title, diskFormat, args, sentence] of refusals) {
    test(`an image that ${title} is refused with 415, the image queued again`, async (t) => {
      const glance = await testGlance(t)
      const headers = glance.as()
      const id = await queuedImage(glance, headers, { disk_format: diskFormat })
      const answer = await put(glance, id, headers, await qemuImage(t, ...args))
      assert.equal(answer.statusCode, 415)
      assert.ok(answer.body.includes(sentence), answer.body)
      await assertUntouched(glance, id, headers)
    })
  }

  test('a VMDK that holds its data is taken', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers, { disk_format: 'vmdk' })
    assert.equal((await put(glance, id, headers, await qemuImage(t, '-f', 'vmdk'))).statusCode, 204)
  })

  test('a backing file whose name stands far behind is seen in the header', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers, { disk_format: 'qcow2' })
    const image = await qemuImage(t, '-f', 'qcow2', '-u', '-b', '/etc/passwd', '-F', 'raw')
    image.writeBigUInt64BE(190_000n, 8)
    assert.equal((await put(glance, id, headers, image)).statusCode, 415)
  })

  test('raw data that is declared qcow2 is refused with 415', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers, { disk_format: 'qcow2' })
    assert.equal((await put(glance, id, headers, data)).statusCode, 415)
    await assertUntouched(glance, id, headers)
  })

  test('a refused sender gets its answer although it goes on sending', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers, { disk_format: 'qcow2' })
    const upload = beginUpload(await glance.listen(), id, headers)
    for (let sent = 0; sent < 900_000; sent += data.length) upload.request.write(data)
    assert.equal((await upload.answer).status, 415)
    upload.request.end()
    await once(upload.request, 'close')
  })
})

describe('GET /v2/images/{id}/file', () => {
  test('gives the data with its length and digest to who may download it', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    await put(glance, id, headers, data)
    const answer = await glance.app.inject({ url: `/v2/images/${id}/file`, headers })
    assert.equal(answer.statusCode, 200)
    assert.deepEqual(answer.rawPayload, data)
    assert.equal(answer.headers['content-length'], String(data.length))
    assert.equal(answer.headers['content-md5'], createHash('md5').update(data).digest('hex'))
    assert.equal(answer.headers['content-type'], 'application/octet-stream')
    const reader = glance.as({ roleNames: ['reader'] })
    assert.equal((await glance.app.inject({ url: `/v2/images/${id}/file`, headers: reader })).statusCode, 403)
  })

  test('an image without data answers 204', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    assert.equal((await glance.app.inject({ url: `/v2/images/${id}/file`, headers })).statusCode, 204)
  })

  test('a deactivated image is withheld from its project and given to an administrator', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    await put(glance, id, headers, data)
    const file = async (who: Record<string, string>) =>
      (await glance.app.inject({ url: `/v2/images/${id}/file`, headers: who })).statusCode
    const act = async (action: string) =>
      (await glance.app.inject({ method: 'POST', url: `/v2/images/${id}/actions/${action}`, headers }))
        .statusCode
    assert.equal(await act('deactivate'), 204)
    assert.equal(await file(headers), 403)
    assert.equal(await file(glance.asAdmin()), 200)
    assert.equal(await act('reactivate'), 204)
    assert.equal(await file(headers), 200)
  })

  test('deleting an image removes its file', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    await put(glance, id, headers, data)
    await glance.app.inject({ method: 'DELETE', url: `/v2/images/${id}`, headers })
    assert.deepEqual(await glance.files(), [])
  })
})

/** Resolves when no upload holds the image. */
async function nobodySaves(glance: TestGlance, id: string): Promise<void> {
  const read = () =>
    glance.database.kysely.selectFrom('images').select('status').where('id', '=', id).executeTakeFirst()
  while ((await read())?.status === 'saving') await turn()
}
