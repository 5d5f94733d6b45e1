import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stage } from './fixtures/stage.ts'
import { RateLimit } from './index.ts'

/** Work that ends when it is told to. */
function gated() {
  const started: number[] = []
  const ends: (() => void)[] = []
  const work = (name: number) => () => {
    started.push(name)
    return new Promise<void>((resolve) => ends.push(resolve))
  }
  return { started, ends, work }
}

const clock = { now: () => new Date(0), sleep: async () => undefined }

test('No more than are allowed are under way, in the order in which they came', async () => {
  const limit = new RateLimit({ concurrency: 2 })
  const { started, ends, work } = gated()
  const all = [1, 2, 3, 4].map((name) => limit.run(work(name), clock))
  await Promise.resolve()
  assert.deepEqual([started, limit.waiting], [[1, 2], 2])
  ends[1]!()
  await all[1]
  await Promise.resolve()
  assert.deepEqual(started, [1, 2, 3])
  for (const name of [0, 2]) ends[name]!()
  await all[2]
  await Promise.resolve()
  ends[3]!()
  await Promise.all(all)
  assert.deepEqual([started, limit.waiting], [[1, 2, 3, 4], 0])
})

test('A failure frees its place; who gives up in the queue leaves it, and who has given up does not enter', async () => {
  const limit = new RateLimit({ concurrency: 1 })
  const { started, ends, work } = gated()
  const first = limit.run(work(1), clock)
  const aborting = new AbortController()
  const second = limit.run(work(2), clock, aborting.signal)
  const third = limit.run(async () => Promise.reject(new Error('broken')), clock)
  const fourth = limit.run(async () => 'fine', clock)
  aborting.abort(new Error('given up'))
  await assert.rejects(second, /given up/)
  await assert.rejects(limit.run(work(5), clock, aborting.signal), /given up/)
  ends[0]!()
  await first
  await assert.rejects(third, /broken/)
  assert.equal(await fourth, 'fine')
  assert.deepEqual(started, [1])
})

test('Starts are as far apart as is asked', async () => {
  const waits: number[] = []
  let now = 1000
  const timed = {
    now: () => new Date(now),
    sleep: async (milliseconds: number) => {
      waits.push(milliseconds)
      await new Promise(setImmediate)
      now += milliseconds
    },
  }
  const limit = new RateLimit({ delay: 0.2 })
  const starts = await Promise.all([1, 2, 3].map(() => limit.run(async () => now, timed)))
  assert.deepEqual(starts, [1000, 1200, 1400])
  assert.deepEqual(waits, [200, 200])
})

test('A session keeps to its limit, also with what it sends again, and a request may have its own', async (t) => {
  const { session, service } = await stage(t, { session: { rateLimit: new RateLimit({ concurrency: 1 }) } })
  let underWay = 0
  let most = 0
  const target = await service(() => ({ status: 200, body: 'x' }))
  const counted = {
    open: async function* () {
      most = Math.max(most, ++underWay)
      yield Buffer.from('body')
      await new Promise(setImmediate)
      underWay--
    },
  }
  await Promise.all([1, 2, 3].map(() => session.put(target.url, { body: counted })))
  assert.equal(most, 1)
  await Promise.all(
    [1, 2, 3].map(() =>
      session.put(target.url, { body: counted, rateLimit: new RateLimit({ concurrency: 3 }) }),
    ),
  )
  assert.ok(most > 1)
})
