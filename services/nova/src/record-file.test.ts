import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { moveIntoPlace, readRecord, removeRecord, writeRecord } from './record-file.ts'

function scratch(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'nova-record-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return directory
}

test('A record is read as it was written, replaced whole, and nobody else may read it', (t) => {
  const file = join(scratch(t), 'a.json')
  assert.equal(readRecord(file), undefined)
  writeRecord(file, { attempt: 1, long: 'x'.repeat(1000) })
  writeRecord(file, { attempt: 2 })
  assert.deepEqual(readRecord(file), { attempt: 2 })
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.deepEqual(readdirSync(join(file, '..')), ['a.json'])
})

for (const [what, content] of [
  ['empty', ''],
  ['cut', '{"pid": 1'],
  ['of zeros', '\0'.repeat(64)],
  ['not of an object', 'null'],
] as const) {
  test(`A file that is ${what} counts as none`, (t) => {
    const file = join(scratch(t), 'a.json')
    writeFileSync(file, content)
    assert.equal(readRecord(file), undefined)
  })
}

test('What cannot be read is an error, and no absence', (t) => {
  const directory = scratch(t)
  assert.throws(() => readRecord(directory), { code: 'EISDIR' })
})

test('A record that cannot be written leaves the old one and no remains', (t) => {
  const directory = scratch(t)
  const file = join(directory, 'a')
  mkdirSync(join(file, 'b'), { recursive: true })
  assert.throws(() => writeRecord(file, {}), { code: 'EISDIR' })
  assert.deepEqual(readdirSync(directory), ['a'])
  assert.throws(() => writeRecord(join(directory, 'none', 'a'), {}), { code: 'ENOENT' })
})

test('Removing a record removes the unfinished one of a writer that died, and may be repeated', (t) => {
  const directory = scratch(t)
  const file = join(directory, 'a.json')
  writeRecord(file, {})
  writeFileSync(`${file}.new`, '{')
  removeRecord(file)
  removeRecord(file)
  assert.deepEqual(readdirSync(directory), [])
})

test('A whole file gets its name', async (t) => {
  const directory = scratch(t)
  const [from, to] = [join(directory, 'a.part'), join(directory, 'a')]
  writeFileSync(from, 'data')
  await moveIntoPlace(from, to)
  assert.equal(readFileSync(to, 'utf8'), 'data')
  assert.ok(!existsSync(from))
  await assert.rejects(moveIntoPlace(from, to), { code: 'ENOENT' })
})
