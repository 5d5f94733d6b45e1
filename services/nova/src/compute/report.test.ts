import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { capture } from './fixtures/scratch.ts'
import { hostReportBody } from '../hosts/schema.ts'
import { hostState } from './fixtures/host-state.ts'
import { capacityOf, hostFacts } from './host-facts.ts'
import { Reporter, type ReporterOptions } from './report.ts'

const guests = [{ id: 's1', power_state: 'running' as const }]
const at = new Date('2026-01-02T03:04:05Z')
const facts: ReporterOptions['facts'] = () => hostFacts(hostState, { type: 'QEMU', version: 7_002_022 }, at)
const jobs = [{ operation: 'op', step: 'backup', state: 'running', progress: { done: 1, total: 2 } }]

function bench(more: Partial<ReporterOptions> = {}) {
  const log = capture()
  const puts: { path: string; json: unknown; timeout: number | undefined }[] = []
  const schedules: { work: () => void; milliseconds: number; cancelled: boolean }[] = []
  const state = { failure: undefined as Error | undefined }
  const told = Promise.withResolvers<void>()
  const reporter = new Reporter({
    host: 'compute 1',
    url: () => 'http://127.0.0.1:8773',
    interval: () => 5000,
    api: {
      async put(path, { json, timeout }) {
        if (state.failure) throw state.failure
        puts.push({ path, json, timeout })
      },
    },
    driver: { list: async () => guests },
    jobs: { list: () => jobs },
    capacity: () => capacityOf(hostState),
    facts,
    logger: log.logger,
    schedule(work, milliseconds) {
      const one = { work, milliseconds, cancelled: false }
      schedules.push(one)
      told.resolve()
      return () => void (one.cancelled = true)
    },
    ...more,
  })
  return { reporter, log, puts, schedules, state, scheduled: told.promise }
}

const messages = (log: ReturnType<typeof capture>) => log.lines.map(({ msg }) => msg)

test('A report tells where the agent is, what the host can hold, its guests and its jobs', async () => {
  let time = 0
  const list = async () => {
    time += 1500.2
    return guests
  }
  const { reporter, puts } = bench({ driver: { list }, clock: () => time })
  await reporter.report()
  assert.deepEqual(puts, [
    {
      path: '/internal/v1/hosts/compute%201',
      json: {
        url: 'http://127.0.0.1:8773',
        protocol: 1,
        capacity: { vcpus: 64, memory_mb: 8192, disk_gb: 100 },
        hypervisor: facts(),
        guests,
        jobs,
        age_ms: 1501,
      },
      timeout: 10,
    },
  ])
})

test('nova-api takes a report as it is, and one of an agent that says nothing of its hypervisor', async () => {
  const { reporter, puts } = bench()
  await reporter.report()
  const sent = puts[0]?.json as Record<string, unknown>
  assert.deepEqual(hostReportBody.parse(sent), sent)
  const { hypervisor: _, ...older } = sent
  assert.deepEqual(hostReportBody.parse(older), older)
})

test('Reports follow one another until the reporter is stopped', async () => {
  const { reporter, puts, schedules, scheduled } = bench()
  reporter.start()
  await scheduled
  assert.deepEqual([puts.length, schedules[0]?.milliseconds], [1, 5000])
  reporter.stop()
  assert.equal(schedules[0]?.cancelled, true)
})

test('Each pause is as long as the interval is by then', async () => {
  let interval = 5000
  const { reporter, schedules, scheduled } = bench({ interval: () => interval })
  reporter.start()
  await scheduled
  interval = 1000
  schedules[0]!.work()
  while (schedules.length < 2) await setImmediate()
  assert.deepEqual(
    schedules.map(({ milliseconds }) => milliseconds),
    [5000, 1000],
  )
})

test('A report that is under way when the reporter is stopped is the last one', async () => {
  const list = Promise.withResolvers<typeof guests>()
  const { reporter, schedules, puts } = bench({ driver: { list: () => list.promise } })
  reporter.start()
  reporter.stop()
  list.resolve(guests)
  await list.promise
  while (puts.length === 0) await Promise.resolve()
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
  assert.deepEqual(schedules, [])
})

test('An api that is away is logged once, and once more when it is back', async () => {
  const { reporter, log, state } = bench()
  await reporter.report()
  await reporter.report()
  state.failure = new Error('ECONNREFUSED')
  await reporter.report()
  await reporter.report()
  state.failure = undefined
  await reporter.report()
  assert.deepEqual(messages(log), [
    'nova-api takes the reports',
    'nova-api does not take the reports',
    'nova-api takes the reports',
  ])
})

test('A hypervisor that cannot be asked does not end the reporting', async () => {
  const { reporter, scheduled, log } = bench({ driver: { list: () => Promise.reject(new Error('x')) } })
  reporter.start()
  await scheduled
  assert.deepEqual(messages(log), ['nova-api does not take the reports'])
})
