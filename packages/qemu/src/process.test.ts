import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import {
  endProcess,
  findProcess,
  isAlive,
  isSame,
  runsWith,
  startProcess,
  untilGone,
  type QemuProcess,
} from './process.ts'

/** A directory that goes with the test. */
function scratch(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'qemu-process-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return directory
}

/** A process of a shell script that says `ready` when it has begun; it is named by a word of its own. */
async function script(t: TestContext, text: string, input?: number) {
  const directory = scratch(t)
  const errors = join(directory, 'log')
  const word = randomUUID()
  const { process: target, ended } = await startProcess('/bin/sh', ['-c', text, word], {
    directory,
    errors,
    input,
  })
  t.after(() => endProcess(target, 0))
  return { target, ended, word, errors }
}

/** Waits until the script has written that. */
async function said(errors: string, text: string): Promise<void> {
  while (!readFileSync(errors, 'utf8').includes(text)) await new Promise(setImmediate)
}

const asLong = 'echo ready; while :; do sleep 0.05; done'

test('A process is known by its pid and start time, and found by its arguments', async (t) => {
  const { target, word } = await script(t, asLong)
  assert.ok(isAlive(target))
  assert.ok(!isAlive({ ...target, startTime: '1' }), 'a later process with the same pid')
  assert.ok(runsWith(target, (args) => args.includes(word)))
  assert.ok(!runsWith(target, (args) => args.includes('other')))
  assert.deepEqual(
    findProcess((args) => args.includes(word)),
    target,
  )
  assert.equal(
    findProcess((args) => args.includes(`${word}-not`)),
    undefined,
  )
  assert.ok(isSame(target, { ...target }) && !isSame(target, { ...target, startTime: '1' }))
})

test('It is a session of its own and does not see what its parent keeps in its environment', async (t) => {
  process.env['QEMU_TEST_SECRET'] = 'never-shown'
  t.after(() => delete process.env['QEMU_TEST_SECRET'])
  const { target, errors } = await script(t, `env; ${asLong}`)
  await said(errors, 'ready')
  assert.doesNotMatch(readFileSync(errors, 'utf8'), /never-shown/)
  const stat = readFileSync(`/proc/${target.pid}/stat`, 'utf8')
  assert.equal(Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]), target.pid)
})

test('Its end is told, and it is gone before anybody has waited for it', async (t) => {
  const { target, ended } = await script(t, 'exit 3')
  await ended
  assert.ok(!isAlive(target))
  assert.equal(await untilGone(target, 0), true)
})

test('A process that hears the first signal ends by it', async (t) => {
  const { target, errors } = await script(t, `trap 'echo heard; exit' TERM; ${asLong}`)
  await said(errors, 'ready')
  await endProcess(target)
  assert.match(readFileSync(errors, 'utf8'), /heard/)
  await endProcess(target)
})

test('A process that ignores it is killed', async (t) => {
  const { target, errors } = await script(t, `trap '' TERM; ${asLong}`)
  await said(errors, 'ready')
  await endProcess(target, 30)
  assert.ok(!isAlive(target))
})

test('Waiting for the end ends in time, or by its signal', async (t) => {
  const { target } = await script(t, asLong)
  assert.equal(await untilGone(target, 10), false)
  const reason = new Error('cancelled')
  await assert.rejects(untilGone(target, 60_000, AbortSignal.abort(reason)), reason)
})

test('A program that is not there is an error', async (t) => {
  const directory = scratch(t)
  const place = { directory, errors: join(directory, 'log') }
  await assert.rejects(startProcess('/none', [], place), { code: 'ENOENT' })
})

test('A process that never was does not live', () => {
  const never: QemuProcess = { pid: 2 ** 22 + 1, startTime: 'gone' }
  assert.ok(!isAlive(never))
  assert.ok(!runsWith(never, () => true))
})
