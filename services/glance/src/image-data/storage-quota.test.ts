import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { putData, queuedImage, saving, show, testGlance } from '../testing/glance.ts'
import { beginUpload } from '../testing/upload.ts'

const quota = { data: { storageQuota: 1000 } }
const half = 'x'.repeat(600)

describe('user_storage_quota', () => {
  test('counts the data of all images of a project, and of no other', async (t) => {
    const glance = await testGlance(t, quota)
    const headers = glance.as()
    const other = glance.as({ userName: 'eve', projectName: 'other' })
    const [first, second] = [await queuedImage(glance, headers), await queuedImage(glance, headers)]
    assert.equal(await putData(glance, first, headers, half), 204)
    assert.equal(await putData(glance, second, headers, half), 413)
    assert.equal((await show(glance, second, headers))['status'], 'queued')
    assert.equal(await putData(glance, second, headers, 'x'.repeat(400)), 204)
    assert.equal(await putData(glance, await queuedImage(glance, other), other, half), 204)
  })

  test('of which a deleted image gives its part back', async (t) => {
    const glance = await testGlance(t, quota)
    const headers = glance.as()
    const [first, second] = [await queuedImage(glance, headers), await queuedImage(glance, headers)]
    await putData(glance, first, headers, half)
    await glance.app.inject({ method: 'DELETE', url: `/v2/images/${first}`, headers })
    assert.equal(await putData(glance, second, headers, half), 204)
  })

  test('stops data without a length as soon as there is too much of it', async (t) => {
    const glance = await testGlance(t, quota)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    const upload = beginUpload(await glance.listen(), id, headers)
    upload.request.write('x'.repeat(1001))
    const { status, body } = await upload.answer
    assert.equal(status, 413)
    assert.match(body, /storage quota/)
    upload.request.end()
    assert.equal((await show(glance, id, headers))['status'], 'queued')
    assert.deepEqual(await glance.files(), [])
  })

  test('is not exceeded by uploads that end at the same time', async (t) => {
    const glance = await testGlance(t, quota)
    const headers = glance.as()
    const ids = await Promise.all([1, 2, 3].map(() => queuedImage(glance, headers)))
    const url = await glance.listen()
    const uploads = ids.map((id) => beginUpload(url, id, headers))
    for (const { request } of uploads) request.write(half)
    for (const id of ids) await saving(glance, id)
    for (const { request } of uploads) request.end()
    const statuses = await Promise.all(uploads.map(async ({ answer }) => (await answer).status))
    assert.deepEqual(
      statuses.toSorted((one, other) => one - other),
      [204, 413, 413],
    )
    assert.equal((await glance.files()).length, 1)
  })
})

describe('require_image_format_match', () => {
  test('switched off lets data be of another format, and still not name other files', async (t) => {
    const glance = await testGlance(t, { data: { requireFormatMatch: false } })
    const headers = glance.as()
    const [raw, unsafe] = [
      await queuedImage(glance, headers, { disk_format: 'qcow2' }),
      await queuedImage(glance, headers, { disk_format: 'raw' }),
    ]
    assert.equal(await putData(glance, raw, headers, half), 204)
    const image = await show(glance, raw, headers)
    assert.deepEqual([image['status'], image['virtual_size']], ['active', null])
    // A qcow2 header whose backing file has a name of 11 bytes at 104.
    const header = Buffer.alloc(1024)
    header.write('QFI\xfb', 0, 'latin1')
    header.writeUInt32BE(3, 4)
    header.writeBigUInt64BE(104n, 8)
    header.writeUInt32BE(11, 16)
    header.write('/etc/passwd', 104)
    assert.equal(await putData(glance, unsafe, headers, new Uint8Array(header)), 415)
  })

  test('does not look into containers', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers, { disk_format: 'vmdk', container_format: 'ova' })
    assert.equal(await putData(glance, id, headers, half), 204)
  })

  test('takes an encrypted volume for raw', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    const luks = new Uint8Array(1024)
    luks.set([0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe])
    assert.equal(await putData(glance, id, headers, luks), 204)
  })
})
