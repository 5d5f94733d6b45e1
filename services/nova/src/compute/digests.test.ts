import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { digestsOf } from './digests.ts'
import { scratch } from './fixtures/scratch.ts'

test('Size and digests are those of the whole file', async (t) => {
  const file = join(scratch(t), 'f')
  const data = randomBytes(3 * 2 ** 20 + 5)
  writeFileSync(file, data)
  const digest = (algorithm: string) => createHash(algorithm).update(data).digest('hex')
  assert.deepEqual(await digestsOf(file, new AbortController().signal), {
    size: data.length,
    sha512: digest('sha512'),
    md5: digest('md5'),
  })
})

test('Taking a digest ends by its signal', async (t) => {
  const file = join(scratch(t), 'f')
  writeFileSync(file, 'x')
  const reason = new Error('cancelled')
  await assert.rejects(digestsOf(file, AbortSignal.abort(reason)), reason)
})
