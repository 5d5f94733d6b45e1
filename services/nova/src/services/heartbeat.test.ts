import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '@longhaul/oslo/log'
import { startHeartbeat } from './heartbeat.ts'

test('a report follows the other, also one that failed, until it is stopped', async () => {
  const logger = createLogger({ service: 'test', level: 'fatal' })
  const scheduled: { work: () => void; milliseconds: number }[] = []
  let [reports, interval] = [0, 5000]
  const waiting = Promise.withResolvers<void>()
  let scheduledOnce = waiting
  const stop = startHeartbeat({
    report: async () => {
      reports += 1
      if (reports === 1) throw new Error('the database is away')
    },
    interval: () => interval,
    logger,
    schedule: (work, milliseconds) => {
      scheduled.push({ work, milliseconds })
      scheduledOnce.resolve()
      return () => scheduled.splice(0)
    },
  })
  await waiting.promise
  assert.equal(reports, 1)
  scheduledOnce = Promise.withResolvers<void>()
  interval = 1000
  const first = scheduled.shift()!
  first.work()
  await scheduledOnce.promise
  assert.equal(reports, 2)
  assert.deepEqual([first.milliseconds, scheduled[0]?.milliseconds], [5000, 1000], 'the interval by then')
  stop()
  assert.deepEqual(scheduled, [])
})
