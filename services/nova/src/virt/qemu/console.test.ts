import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { readConsole } from './console.ts'
import { scratch } from './fixtures/scratch.ts'

function consoleWith(t: TestContext, content: string | Buffer): string {
  const file = join(scratch(t), 'console.log')
  writeFileSync(file, content)
  return file
}

test('A console is read as the text that the guest wrote', async (t) => {
  assert.equal(await readConsole(consoleWith(t, 'größe\r\n')), 'größe\r\n')
})

test('Of a long console the last 100 KiB are read, whatever the first bytes of these are', async (t) => {
  const text = await readConsole(consoleWith(t, `${'x'.repeat(2 ** 20)}é${'y'.repeat(100 * 1024 - 1)}`))
  assert.equal(text, `\ufffd${'y'.repeat(100 * 1024 - 1)}`)
})

test('Bytes that are no text are shown as such', async (t) => {
  assert.equal(await readConsole(consoleWith(t, Buffer.from([0x61, 0xff, 0x62]))), 'a\ufffdb')
})

test('A machine that never ran has an empty console, one that cannot be read is an error', async (t) => {
  const file = consoleWith(t, '')
  assert.equal(await readConsole(file), '')
  assert.equal(await readConsole(`${file}.none`), '')
  await assert.rejects(readConsole(join(file, '..')), { code: 'EISDIR' })
})
