import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { stage } from './fixtures/stage.ts'
import { ConnectFailure, isRetriable, ServiceUnavailable, SSLError } from './index.ts'
import { retryAfterOf, type Response } from './response.ts'
import { withRetries, type RetryPolicy } from './retry.ts'

const now = new Date('2026-01-01T00:00:00Z')

function policy(own: Partial<RetryPolicy> = {}): RetryPolicy & { waits: number[] } {
  const waits: number[] = []
  return {
    connectRetries: 0,
    connectDelay: undefined,
    statusCodeRetries: 0,
    statusCodeDelay: undefined,
    retriableStatusCodes: [503],
    now: () => now,
    sleep: async (milliseconds) => void waits.push(milliseconds),
    waits,
    ...own,
  }
}

const answered = (status: number, headers: Record<string, string> = {}) =>
  ({ status, headers }) as unknown as Response

function script(...steps: (Response | Error)[]) {
  return async () => {
    const step = steps.shift()!
    if (step instanceof Error) throw step
    return step
  }
}

const refused = () => new ConnectFailure('refused')

test('Connections are retried after half a second, doubling, at most a minute', async () => {
  const rules = policy({ connectRetries: 9 })
  await withRetries(script(...Array.from({ length: 9 }, refused), answered(200)), rules)
  assert.deepEqual(rules.waits, [500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
})

test('An answer resets the delay of connections, not their number', async () => {
  const rules = policy({ connectRetries: 2, statusCodeRetries: 1 })
  const send = script(refused(), answered(503), refused(), refused(), answered(200))
  await assert.rejects(withRetries(send, rules), ConnectFailure)
  assert.deepEqual(rules.waits, [500, 500, 500])
})

test('A fixed delay is kept', async () => {
  const rules = policy({ connectRetries: 2, connectDelay: 0, statusCodeRetries: 1, statusCodeDelay: 7 })
  await withRetries(script(refused(), refused(), answered(503), answered(200)), rules)
  assert.deepEqual(rules.waits, [0, 0, 7])
})

test('A certificate that is not accepted is not tried again', async () => {
  const rules = policy({ connectRetries: 5 })
  await assert.rejects(withRetries(script(new SSLError('expired')), rules), SSLError)
  assert.deepEqual(rules.waits, [])
})

test('Only the named statuses are retried, as often as allowed', async () => {
  const rules = policy({ statusCodeRetries: 2, retriableStatusCodes: [409] })
  assert.equal((await withRetries(script(answered(503)), rules)).status, 503)
  const last = await withRetries(script(answered(409), answered(409), answered(409)), rules)
  assert.equal(last.status, 409)
  assert.deepEqual(rules.waits, [500, 1000])
})

test('Retry-After is obeyed; one longer than a minute is left to the caller', async () => {
  const rules = policy({ statusCodeRetries: 5 })
  const soon = answered(503, { 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' })
  const late = answered(503, { 'retry-after': '61' })
  const sooner = answered(503, { 'retry-after': '0' })
  assert.equal(await withRetries(script(soon, sooner, late), rules), late)
  assert.deepEqual(rules.waits, [30_000, 1000])
})

const values: [string | undefined, number][] = [
  ['7', 7],
  ['Thu, 01 Jan 2026 00:00:30 GMT', 30],
  ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
  ['-3', 0],
  ['soon', 0],
  [undefined, 0],
]
for (const [value, seconds] of values) {
  test(`Retry-After ${value ?? 'absent'} means ${seconds} seconds`, () => {
    assert.equal(retryAfterOf(value === undefined ? {} : { 'retry-after': value }, now), seconds)
  })
}

test('A session retries by these rules, keeps Retry-After on the error, and sends a stream once', async (t) => {
  const { session, service, waits } = await stage(t)
  const target = await service(() => ({ status: 503, headers: { 'Retry-After': '7' } }))
  await assert.rejects(
    session.get(target.url, { statusCodeRetries: 1 }),
    (error) => error instanceof ServiceUnavailable && error.retryAfter === 7 && isRetriable(error),
  )
  assert.deepEqual(waits, [7000])
  const body = Readable.from(['once'])
  await assert.rejects(session.put(target.url, { statusCodeRetries: 3, body }), ServiceUnavailable)
  assert.equal(target.seen.length, 3)
  await target.close()
  await assert.rejects(session.get(target.url, { connectRetries: 2, connectRetryDelay: 3 }), ConnectFailure)
  assert.deepEqual(waits, [7000, 3000, 3000])
})
