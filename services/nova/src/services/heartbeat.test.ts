import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '@longhaul/oslo/log'
import { startHeartbeat } from './heartbeat.ts'

test('a report follows the other, also one that failed, until it is stopped', async () => {
  const logger = createLogger({ service: 'test', level: 'fatal' })
  const scheduled: (() => void)[] = []
  let reports = 0
  const waiting = Promise.withResolvers<void>()
  let scheduledOnce = waiting
  const stop = startHeartbeat({
    report: async () => {
      reports += 1
      if (reports === 1) throw new Error('the database is away')
    },
    interval: 5,
    logger,
    schedule: (work) => {
      scheduled.push(work)
      scheduledOnce.resolve()
      return () => scheduled.splice(0)
    },
  })
  await waiting.promise
  assert.equal(reports, 1)
  scheduledOnce = Promise.withResolvers<void>()
  scheduled.shift()!()
  await scheduledOnce.promise
  assert.equal(reports, 2)
  stop()
  assert.deepEqual(scheduled, [])
})
