import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { scratch } from './fixtures/scratch.ts'
import { lockState } from './state-lock.ts'

test('A directory has one agent at a time, by whatever path it is named', async (t) => {
  const root = join(scratch(t), 'long'.repeat(30))
  const directory = join(root, 'state')
  const free = await lockState(directory)
  symlinkSync(directory, join(root, 'link'))
  const inUse = { code: 'state_in_use' }
  await assert.rejects(lockState(directory), inUse)
  await assert.rejects(lockState(join(root, 'link')), inUse)
  const other = await lockState(join(root, 'other'))
  await free()
  const again = await lockState(directory)
  await Promise.all([again(), other()])
})

test('An agent that is killed keeps nothing', async (t) => {
  const directory = join(scratch(t), 'state')
  mkdirSync(directory)
  const holding = [
    `import { lockState } from ${JSON.stringify(join(import.meta.dirname, 'state-lock.ts'))}`,
    `await lockState(${JSON.stringify(directory)})`,
    `console.log('held')`,
    `setInterval(() => {}, 1000)`,
  ].join('\n')
  const child = spawn(process.execPath, ['--input-type=module', '-e', holding])
  await once(child.stdout, 'data')
  await assert.rejects(lockState(directory), { code: 'state_in_use' })
  child.kill('SIGKILL')
  await once(child, 'exit')
  await (
    await lockState(directory)
  )()
})
