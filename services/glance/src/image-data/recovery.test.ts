import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { queuedImage, testGlance, type TestGlance } from '../testing/glance.ts'

const upload = '5f1e36c2-0e4a-4f0b-9a53-2d6a1f0c1b11'

async function put(
  glance: TestGlance,
  id: string | undefined,
  headers: Record<string, string>,
): Promise<number> {
  const octets = { ...headers, 'content-type': 'application/octet-stream' }
  const url = `${await glance.listen()}/v2/images/${id}/file`
  return (await fetch(url, { method: 'PUT', headers: octets, body: 'data' })).status
}

test('a restart queues images that were being saved and removes the files of what has no data', async (t) => {
  const before = await testGlance(t)
  const headers = before.as()
  const [crashed, published, deleted, active] = await Promise.all(
    [1, 2, 3, 4].map(() => queuedImage(before, headers)),
  )
  const file = (name: string) => writeFile(join(before.directory, name), 'left over')
  const status = (id: string | undefined, to: string) =>
    before.database.kysely
      .updateTable('images')
      .set({ status: to, upload_id: to === 'saving' ? upload : null })
      .where('id', '=', id ?? '')
      .execute()
  await put(before, active, headers)
  await status(crashed, 'saving')
  await file(`${crashed}.${upload}.partial`)
  await status(published, 'saving')
  await file(`${published}`)
  await status(deleted, 'deleted')
  await file(`${deleted}`)
  await file('notes.txt')

  const after = await testGlance(t, { after: before })
  assert.deepEqual((await after.files()).toSorted(), [`${active}`, 'notes.txt'].toSorted())
  for (const [id, expected] of [
    [crashed, 'queued'],
    [published, 'queued'],
    [active, 'active'],
  ]) {
    const image = await after.app.inject({ url: `/v2/images/${id}`, headers: after.as() })
    assert.equal(image.json<{ status: string }>().status, expected)
  }
  assert.equal(await put(after, crashed, after.as()), 204)
})

test('a file of an image that the database does not know is left alone and logged', async (t) => {
  const before = await testGlance(t)
  await writeFile(join(before.directory, upload), 'whose?')
  const after = await testGlance(t, { after: before })
  assert.deepEqual(await after.files(), [upload])
  assert.ok(after.log.some((line) => line['image'] === upload && line['level'] === 'warn'))
})
