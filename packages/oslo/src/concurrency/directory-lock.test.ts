import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { lockDirectory } from './directory-lock.ts'

function scratch(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'oslo-lock-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return directory
}

test('A directory has one process of a name at a time, by whatever path it is named', async (t) => {
  const root = join(scratch(t), 'long'.repeat(30))
  const directory = join(root, 'state')
  const free = await lockDirectory(directory, 'agent')
  symlinkSync(directory, join(root, 'link'))
  const inUse = { code: 'directory_in_use' }
  await assert.rejects(lockDirectory(directory, 'agent'), inUse)
  await assert.rejects(lockDirectory(join(root, 'link'), 'agent'), inUse)
  const [another, other] = [
    await lockDirectory(directory, 'supervisor'),
    await lockDirectory(join(root, 'other'), 'agent'),
  ]
  await free()
  const again = await lockDirectory(directory, 'agent')
  await Promise.all([again(), other(), another()])
})

test('A process that is killed keeps nothing', async (t) => {
  const directory = join(scratch(t), 'state')
  mkdirSync(directory)
  const holding = [
    `import { lockDirectory } from ${JSON.stringify(join(import.meta.dirname, 'directory-lock.ts'))}`,
    `await lockDirectory(${JSON.stringify(directory)}, 'agent')`,
    `console.log('held')`,
    `setInterval(() => {}, 1000)`,
  ].join('\n')
  const child = spawn(process.execPath, ['--input-type=module', '-e', holding])
  await once(child.stdout, 'data')
  await assert.rejects(lockDirectory(directory, 'agent'), { code: 'directory_in_use' })
  child.kill('SIGKILL')
  await once(child, 'exit')
  await (
    await lockDirectory(directory, 'agent')
  )()
})
