import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { isAlive, readProcessRecord, signalProcess, untilGone } from './processes.ts'
import { stateDirectory } from './state-directory.ts'
import { statusOf } from './status.ts'
import { Supervisor } from './supervisor.ts'

interface Scene {
  supervisor: () => Supervisor
  events: Record<string, unknown>[]
  record: () => ReturnType<typeof readProcessRecord>
  clock: { now: number }
  directory: string
}

// One service, a process that waits; its end is the test's to decide.
function scene(t: TestContext, args: readonly string[] = ['600']): Scene {
  const directory = mkdtempSync(join(tmpdir(), 'supervisor-'))
  const events: Record<string, unknown>[] = []
  const clock = { now: 0 }
  const record = () => readProcessRecord(directory, 'waiter')
  t.after(async () => {
    const left = record()
    if (left) signalProcess(left, 'SIGKILL')
    rmSync(directory, { recursive: true })
  })
  const supervisor = () =>
    new Supervisor({
      services: [{ name: 'waiter', command: { file: '/bin/sleep', args } }],
      runDirectory: directory,
      logDirectory: directory,
      log: (event) => events.push(event),
      now: () => clock.now,
    })
  return { supervisor, events, record, clock, directory }
}

test('A service that died is started again, at once the first time', async (t) => {
  const { supervisor, record } = scene(t)
  const one = supervisor()
  await one.round()
  const first = record()!
  assert.ok(isAlive(first))
  signalProcess(first, 'SIGKILL')
  await untilGone(first, 2000)
  await one.round()
  assert.notEqual(record()!.pid, first.pid)
  assert.ok(isAlive(record()))
})

test('A service that keeps dying is started ever more rarely', async (t) => {
  const { supervisor, record, clock, events } = scene(t)
  const one = supervisor()
  const pauses: unknown[] = []
  for (let count = 0; count < 4; count++) {
    await one.round()
    const process = record()!
    signalProcess(process, 'SIGKILL')
    await untilGone(process, 2000)
    await one.round()
    pauses.push(events.findLast((event) => event['event'] === 'service_ended')?.['pause_ms'])
    clock.now += 5000
  }
  assert.deepEqual(pauses, [0, 1000, 2000, 4000])
})

test('A service that keeps dying is failing, until one that was started lives on', async (t) => {
  const { supervisor, record, clock, directory } = scene(t)
  const one = supervisor()
  for (let count = 0; count < 2; count++) {
    await one.round()
    const process = record()!
    signalProcess(process, 'SIGKILL')
    await untilGone(process, 2000)
  }
  await one.round()
  writeFileSync(join(directory, 'waiter.log'), 'what it was doing\nwhy it ended\n')
  const state = { ...stateDirectory(directory), run: directory, log: directory }
  const services = [{ name: 'waiter', command: { file: '/bin/sleep', args: [] } }]
  assert.deepEqual(await statusOf({ state, services }), [
    { name: 'waiter', state: 'failing', failures: 2, reason: 'why it ended' },
  ])
  clock.now += 5000
  await one.round()
  clock.now += 10_000
  await one.round()
  assert.deepEqual(await statusOf({ state, services }), [
    { name: 'waiter', state: 'ready', pid: record()!.pid },
  ])
})

test('The next supervisor adopts what runs instead of starting it twice', async (t) => {
  const { supervisor, record, events } = scene(t)
  await supervisor().round()
  const before = record()
  await supervisor().round()
  assert.deepEqual(record(), before)
  assert.equal(events.filter((event) => event['event'] === 'service_started').length, 1)
})

test('Stopping ends the services and forgets their records', async (t) => {
  const { supervisor, record } = scene(t)
  const one = supervisor()
  await one.round()
  const process = record()!
  await one.stopAll()
  assert.equal(isAlive(process), false)
  assert.equal(record(), undefined)
})

test('A program that does not exist is reported, not a crash', async (t) => {
  const { events } = scene(t)
  const missing = new Supervisor({
    services: [{ name: 'missing', command: { file: '/nonexistent/program', args: [] } }],
    runDirectory: tmpdir(),
    logDirectory: tmpdir(),
    log: (event) => events.push(event),
    now: () => 0,
  })
  await missing.round()
  assert.equal(events[0]?.['event'], 'service_not_started')
})
