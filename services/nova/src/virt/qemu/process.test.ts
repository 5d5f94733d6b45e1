import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { randomUUID } from 'node:crypto'
import { scratch } from './fixtures/scratch.ts'
import {
  endGuest,
  findProcess,
  isAlive,
  isSame,
  runsWith,
  startGuest,
  untilGone,
  type GuestProcess,
} from './process.ts'

/** A process of a shell script that says `ready` when it has begun; it is named by a word of its own. */
async function script(t: TestContext, text: string, input?: number) {
  const directory = scratch(t)
  const errors = join(directory, 'log')
  const word = randomUUID()
  const { process: guest, ended } = await startGuest('/bin/sh', ['-c', text, word], {
    directory,
    errors,
    input,
  })
  t.after(() => endGuest(guest, 0))
  return { guest, ended, word, errors }
}

/** Waits until the script has written that. */
async function said(errors: string, text: string): Promise<void> {
  while (!readFileSync(errors, 'utf8').includes(text)) await new Promise(setImmediate)
}

const asLong = 'echo ready; while :; do sleep 0.05; done'

test('A process is known by its pid and start time, and found by its arguments', async (t) => {
  const { guest, word } = await script(t, asLong)
  assert.ok(isAlive(guest))
  assert.ok(!isAlive({ ...guest, startTime: '1' }), 'a later process with the same pid')
  assert.ok(runsWith(guest, (args) => args.includes(word)))
  assert.ok(!runsWith(guest, (args) => args.includes('other')))
  assert.deepEqual(
    findProcess((args) => args.includes(word)),
    guest,
  )
  assert.equal(
    findProcess((args) => args.includes(`${word}-not`)),
    undefined,
  )
  assert.ok(isSame(guest, { ...guest }) && !isSame(guest, { ...guest, startTime: '1' }))
})

test('It is a session of its own and does not see what the agent keeps in its environment', async (t) => {
  process.env['NOVA_TEST_SECRET'] = 'never-shown'
  t.after(() => delete process.env['NOVA_TEST_SECRET'])
  const { guest, errors } = await script(t, `env; ${asLong}`)
  await said(errors, 'ready')
  assert.doesNotMatch(readFileSync(errors, 'utf8'), /never-shown/)
  const stat = readFileSync(`/proc/${guest.pid}/stat`, 'utf8')
  assert.equal(Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]), guest.pid)
})

test('Its end is told, and it is gone before anybody has waited for it', async (t) => {
  const { guest, ended } = await script(t, 'exit 3')
  await ended
  assert.ok(!isAlive(guest))
  assert.equal(await untilGone(guest, 0), true)
})

test('A process that hears the first signal ends by it', async (t) => {
  const { guest, errors } = await script(t, `trap 'echo heard; exit' TERM; ${asLong}`)
  await said(errors, 'ready')
  await endGuest(guest)
  assert.match(readFileSync(errors, 'utf8'), /heard/)
  await endGuest(guest)
})

test('A process that ignores it is killed', async (t) => {
  const { guest, errors } = await script(t, `trap '' TERM; ${asLong}`)
  await said(errors, 'ready')
  await endGuest(guest, 30)
  assert.ok(!isAlive(guest))
})

test('Waiting for the end ends in time, or by its signal', async (t) => {
  const { guest } = await script(t, asLong)
  assert.equal(await untilGone(guest, 10), false)
  const reason = new Error('cancelled')
  await assert.rejects(untilGone(guest, 60_000, AbortSignal.abort(reason)), reason)
})

test('A program that is not there is an error', async (t) => {
  const directory = scratch(t)
  const place = { directory, errors: join(directory, 'log') }
  await assert.rejects(startGuest('/none', [], place), { code: 'ENOENT' })
})

test('A process that never was does not live', () => {
  const never: GuestProcess = { pid: 2 ** 22 + 1, startTime: 'gone' }
  assert.ok(!isAlive(never))
  assert.ok(!runsWith(never, () => true))
})
