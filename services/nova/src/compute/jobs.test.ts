import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { symlinkSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { DriverError } from '../virt/driver.ts'
import { JobBench, request } from './fixtures/job-bench.ts'

const long = 60_000
const passing = () => new DriverError('monitor_lost', 'QEMU does not answer', { terminal: false })

test('A job that is asked for again while it runs is joined, and its end is told to all', async (t) => {
  const bench = new JobBench(t)
  const jobs = bench.jobs()
  assert.deepEqual(await jobs.attachOrStart('op', 'backup', request(), 0), { state: 'running' })
  const waiting = [1, 2, 3].map(() => jobs.attachOrStart('op', 'backup', request(), long))
  const held = await bench.begun()
  held.work.progress(3, 10)
  assert.deepEqual(jobs.list(), [
    { operation: 'op', step: 'backup', state: 'running', progress: { done: 3, total: 10 } },
  ])
  held.finish({ size: 10 })
  for (const job of await Promise.all(waiting)) {
    assert.deepEqual([job.state, job.result], ['done', { size: 10 }])
  }
  assert.equal(bench.unasked, 0)
  assert.deepEqual(jobs.list(), [])
})

test('A finished job is answered from its record, also by the next agent', async (t) => {
  const bench = new JobBench(t)
  const asked = bench.jobs().attachOrStart('op', 'backup', request(), long)
  ;(await bench.begun()).finish({ sha512: 'a' })
  await asked
  const again = await bench.jobs().attachOrStart('op', 'backup', request('backup', 2), long)
  assert.deepEqual([again.state, again.result], ['done', { sha512: 'a' }])
  assert.equal(bench.unasked, 0)
})

test('A job that was under way when the agent died is begun again', async (t) => {
  const bench = new JobBench(t)
  await bench.jobs().attachOrStart('op', 'backup', request(), 0)
  await bench.begun()
  await bench.jobs().attachOrStart('op', 'backup', request(), 0)
  await bench.begun()
})

test('A failure for good stays, one that may pass is tried again', async (t) => {
  const bench = new JobBench(t)
  const jobs = bench.jobs()
  const ask = () => jobs.attachOrStart('op', 'backup', request(), long)
  let asked = ask()
  ;(await bench.begun()).fail(passing())
  assert.equal((await asked).error?.code, 'monitor_lost')
  asked = ask()
  ;(await bench.begun()).fail(new DriverError('guest_stopped', 'the guest ended'))
  assert.deepEqual((await asked).error, {
    code: 'guest_stopped',
    message: 'the guest ended',
    terminal: true,
  })
  assert.equal((await ask()).error?.code, 'guest_stopped')
  assert.equal(bench.unasked, 0)
})

test('An answer comes after the wait, whether the job has ended or not', async (t) => {
  const bench = new JobBench(t)
  const job = await bench.jobs().attachOrStart('op', 'backup', request(), 5)
  assert.equal(job.state, 'running')
})

test('A lower attempt is refused, also by the next agent and after the operation was forgotten', async (t) => {
  const bench = new JobBench(t)
  const jobs = bench.jobs()
  await jobs.attachOrStart('op', 'backup', request('backup', 3), 0)
  const stale = { code: 'stale_attempt' }
  await assert.rejects(jobs.attachOrStart('op', 'backup', request('backup', 2), 0), stale)
  await assert.rejects(jobs.attachOrStart('op', 'destroy', request('destroy', 1), 0), stale)
  assert.throws(() => bench.jobs().fence('op', 2), stale)
  ;(await bench.begun()).finish()
  await jobs.forget('op')
  assert.throws(() => bench.jobs().fence('op', 2), stale)
  jobs.fence('op', 3)
  jobs.fence('other', 1)
})

test('Cancelling ends the work, gives up what belongs to it, and the job stays cancelled', async (t) => {
  const bench = new JobBench(t)
  const jobs = bench.jobs()
  const asked = jobs.attachOrStart('op', 'upload', request('upload'), long)
  const { work, fail } = await bench.begun()
  const cancelled = jobs.cancel('op', 'upload')
  assert.ok(work.signal.aborted)
  assert.deepEqual(bench.abandoned, [], 'the work has not ended yet')
  fail(work.signal.reason)
  await cancelled
  assert.equal((await asked).error?.code, 'job_cancelled')
  assert.deepEqual(bench.abandoned, ['op'])
  const again = await bench.jobs().attachOrStart('op', 'upload', request('upload', 2), long)
  assert.deepEqual([again.error?.code, again.error?.terminal], ['job_cancelled', true])
})

test('A job that fails for a passing reason while it is cancelled stays cancelled', async (t) => {
  const bench = new JobBench(t)
  const jobs = bench.jobs()
  await jobs.attachOrStart('op', 'upload', request('upload'), 0)
  const { fail } = await bench.begun()
  const cancelled = jobs.cancel('op', 'upload')
  fail(passing())
  await cancelled
  const again = await jobs.attachOrStart('op', 'upload', request('upload'), 0)
  assert.equal(again.error?.code, 'job_cancelled')
  assert.equal(bench.unasked, 0)
})

test('A job that waits to be tried again is cancelled too, and what it left is given up', async (t) => {
  const bench = new JobBench(t)
  const jobs = bench.jobs()
  const asked = jobs.attachOrStart('op', 'backup', request(), long)
  ;(await bench.begun()).fail(passing())
  await asked
  await jobs.cancel('op', 'backup')
  assert.deepEqual(bench.abandoned, ['op'])
  assert.equal((await jobs.attachOrStart('op', 'backup', request(), 0)).error?.code, 'job_cancelled')
})

test('A job that had not begun is cancelled before a late call can start it', async (t) => {
  const bench = new JobBench(t)
  const jobs = bench.jobs()
  const cancelled = jobs.cancel('op', 'backup')
  const late = await jobs.attachOrStart('op', 'backup', request(), 0)
  await cancelled
  assert.equal(late.error?.code, 'job_cancelled')
})

test('Cancelling that could not give up the rest is repeated by the next call', async (t) => {
  const bench = new JobBench(t)
  bench.abandonFailure = passing()
  await assert.rejects(bench.jobs().cancel('op', 'backup'), { code: 'monitor_lost' })
  bench.abandonFailure = undefined
  await bench.jobs().cancel('op', 'backup')
  assert.deepEqual(bench.abandoned, ['op'])
})

test('What is done stays done when it is cancelled too late', async (t) => {
  const bench = new JobBench(t)
  const jobs = bench.jobs()
  const asked = jobs.attachOrStart('op', 'backup', request(), long)
  const { finish } = await bench.begun()
  const cancelled = jobs.cancel('op', 'backup')
  finish({ size: 1 })
  await cancelled
  await jobs.cancel('op', 'backup')
  assert.equal((await asked).state, 'done')
  assert.deepEqual((await jobs.attachOrStart('op', 'backup', request(), 0)).result, { size: 1 })
  assert.deepEqual(bench.abandoned, [])
})

test('Forgetting ends what runs, gives up what is left, and no call starts the jobs again', async (t) => {
  const bench = new JobBench(t)
  const jobs = bench.jobs()
  const backup = jobs.attachOrStart('op', 'backup', request(), long)
  ;(await bench.begun()).finish({ sha512: 'a' })
  await backup
  await jobs.attachOrStart('op', 'upload', request('upload'), 0)
  await jobs.attachOrStart('other', 'backup', request(), 0)
  const { work, fail } = await bench.begun()
  const forgotten = jobs.forget('op')
  fail(work.signal.reason)
  await forgotten
  assert.ok(bench.abandoned.includes('op') && !bench.abandoned.includes('other'))
  assert.deepEqual(
    jobs.list().map(({ operation }) => operation),
    ['other'],
  )
  await bench.begun()
  const next = bench.jobs()
  assert.deepEqual(await next.attachOrStart('op', 'backup', request(), 0), { state: 'done', result: {} })
  assert.equal((await next.attachOrStart('op', 'upload', request('upload'), 0)).error?.terminal, true)
  assert.equal(bench.unasked, 0)
})

test('Stopping answers those who wait, breaks work off without a record, and starts nothing more', async (t) => {
  const bench = new JobBench(t)
  const jobs = bench.jobs()
  const upload = jobs.attachOrStart('op', 'upload', request('upload'), long)
  const { work, fail } = await bench.begun()
  const backup = jobs.attachOrStart('op2', 'backup', request(), long)
  const copying = await bench.begun()
  jobs.stop()
  assert.deepEqual([(await upload).state, (await backup).state], ['running', 'running'])
  assert.ok(work.signal.aborted)
  assert.ok(!copying.work.signal.aborted, 'it goes on inside QEMU and is joined')
  fail(work.signal.reason)
  assert.equal((await jobs.attachOrStart('op3', 'boot', request('boot'), long)).state, 'running')
  assert.equal(bench.unasked, 0)
  await bench.jobs().attachOrStart('op', 'upload', request('upload'), 0)
  await bench.begun()
})

test('An outcome that finds no room on the disk is told, logged, and worked out again', async (t) => {
  const bench = new JobBench(t)
  const jobs = bench.jobs()
  const asked = jobs.attachOrStart('op', 'backup', request(), long)
  const full = join(bench.directory, 'operations/op.json.new')
  const { finish } = await bench.begun()
  symlinkSync('/dev/full', full)
  finish({ size: 1 })
  assert.equal((await asked).state, 'done')
  const line = bench.log.lines.find(({ msg }) => msg === 'the outcome of a job could not be recorded')
  assert.equal((line?.['err'] as { code: string } | undefined)?.code, 'ENOSPC')
  assert.throws(() => unlinkSync(full), { code: 'ENOENT' })
  await jobs.attachOrStart('op', 'backup', request(), 0)
  ;(await bench.begun()).finish({ size: 1 })
})

test('Thousands of jobs leave nothing in memory, and no listener on their signs', async (t) => {
  const bench = new JobBench(t)
  const jobs = bench.jobs(async () => ({}))
  for (let count = 0; count < 500; count += 1) {
    await jobs.attachOrStart(`op${count}`, 'boot', request('boot'), long)
    await jobs.forget(`op${count}`)
  }
  assert.deepEqual(jobs.list(), [])
  assert.equal(bench.log.lines.length, 0)
})

test('The places of a job are told in order', async (t) => {
  const bench = new JobBench(t)
  const jobs = bench.jobs(async ({ progress }) => {
    progress(0, 2)
    progress(1, 2)
    progress(2, 2)
    return {}
  })
  const places: unknown[] = []
  const note = (message: unknown) => void places.push(message)
  subscribe('longhaul:nova:job', note)
  t.after(() => unsubscribe('longhaul:nova:job', note))
  await jobs.attachOrStart('op', 'boot', request('boot'), long)
  const about = { operation: 'op', server: 's1', kind: 'boot' }
  assert.deepEqual(places, [
    { ...about, at: 'begin' },
    { ...about, at: 'progress' },
    { ...about, at: 'done' },
  ])
})

test('Before a machine is destroyed, what another operation does to it has ended for good', async (t) => {
  const bench = new JobBench(t)
  const jobs = bench.jobs()
  const booting = jobs.attachOrStart('create', 'boot', request('boot'), long)
  const boot = await bench.begun()
  const elsewhere = jobs.attachOrStart('other', 'boot', { ...request('boot'), server: 's2' }, long)
  const other = await bench.begun()
  const destroying = jobs.attachOrStart('delete', 'destroy', request('destroy'), long)
  assert.ok(boot.work.signal.aborted)
  assert.equal(bench.unasked, 0, 'nothing is destroyed while the boot goes on')
  boot.fail(boot.work.signal.reason)
  ;(await bench.begun()).finish()
  assert.equal((await destroying).state, 'done')
  assert.equal((await booting).error?.code, 'job_cancelled')
  const again = await jobs.attachOrStart('create', 'boot', request('boot'), long)
  assert.equal(again.error?.code, 'job_cancelled', 'nor is it begun again')
  other.finish()
  assert.equal((await elsewhere).state, 'done')
})
