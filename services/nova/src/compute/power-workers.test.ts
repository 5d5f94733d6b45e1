import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { JobKind } from '../jobs-protocol.ts'
import type { VirtDriver } from '../virt/driver.ts'
import { powerWorkers } from './power-workers.ts'
import { bootParams, workerBench } from './fixtures/agent-bench.ts'
import type { Work } from './jobs.ts'

/** A machine that runs, and what does its jobs. */
async function bench(t: TestContext) {
  const { driver, workers, work } = workerBench(t)
  await workers.boot(work('boot', bootParams))
  const run = (kind: JobKind, params: object = {}) =>
    (workers[kind] as (work: unknown) => Promise<Record<string, unknown>>)(work(kind, params))
  return { driver, run }
}

test('Each job tells the power state that came of it, and may be repeated', async (t) => {
  const { run } = await bench(t)
  for (const [kind, params, wanted] of [
    ['pause', {}, 'paused'],
    ['unpause', {}, 'running'],
    ['suspend', {}, 'shutdown'],
    ['resume', {}, 'running'],
    ['stop', { shutdown_timeout: 0 }, 'shutdown'],
    ['start', {}, 'running'],
    ['reboot', { type: 'HARD' }, 'running'],
  ] as const) {
    for (const time of ['once', 'again']) {
      assert.deepEqual(await run(kind, params), { power_state: wanted }, `${kind} ${time}`)
    }
  }
})

test('What the hypervisor refuses is told', async (t) => {
  const { driver, run } = await bench(t)
  driver.crash('s1')
  await assert.rejects(run('pause'), { code: 'guest_stopped' })
  await driver.destroy('s1')
  await assert.rejects(run('start'), { code: 'guest_absent' })
})

test('The machine has as long to power itself off as the job says, else as long as with Nova', async () => {
  const graces: number[] = []
  const note = async (_id: string, { graceMilliseconds }: { graceMilliseconds: number }) =>
    void graces.push(graceMilliseconds)
  const driver = { stop: note, reboot: note, powerState: async () => 'running' } as unknown as VirtDriver
  const { stop, reboot } = powerWorkers(driver)
  const work = (params: object) =>
    ({ operation: 'op', request: { server: 's1', params }, signal: new AbortController().signal }) as unknown
  for (const params of [{}, { shutdown_timeout: 5 }, { shutdown_timeout: 0 }]) {
    await stop(work(params) as Work<'stop'>)
    await reboot(work({ ...params, type: 'SOFT' }) as Work<'reboot'>)
    await reboot(work({ ...params, type: 'HARD' }) as Work<'reboot'>)
  }
  assert.deepEqual(graces, [60_000, 120_000, 0, 5000, 5000, 0, 0, 0, 0])
})
