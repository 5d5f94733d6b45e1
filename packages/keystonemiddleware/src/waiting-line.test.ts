import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { ValidationUnavailable } from './errors.ts'
import { WaitingLine } from './waiting-line.ts'

/** A line with two places and room for two who wait, and questions that are answered by hand. */
function stage(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const line = new WaitingLine({ underWay: 2, waiting: 2, seconds: 10 })
  const asked: string[] = []
  const ask = (name: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const answer = line.ask(() => {
      asked.push(name)
      return promise
    })
    return { answer, resolve: () => resolve(name), reject }
  }
  return { line, asked, ask, pass: (seconds: number) => t.mock.timers.tick(seconds * 1000) }
}

const busy = { code: 'validation_unavailable', reason: 'keystone_busy', retryAfter: 1, outage: false }

test('questions are asked at once while there are places, then in the order in which they came', async (t) => {
  const { line, asked, ask } = stage(t)
  const a = ask('a')
  assert.ok(!line.busy)
  const b = ask('b')
  assert.ok(line.busy)
  const [c, d] = [ask('c'), ask('d')]
  assert.deepEqual(asked, ['a', 'b'])
  b.resolve()
  assert.equal(await b.answer, 'b')
  a.reject(new Error('broken'))
  await assert.rejects(a.answer, { message: 'broken' })
  c.resolve()
  d.resolve()
  assert.deepEqual(await Promise.all([c.answer, d.answer]), ['c', 'd'])
  assert.deepEqual(asked, ['a', 'b', 'c', 'd'])
  assert.ok(!line.busy)
})

test('who comes when as many wait as may is refused', async (t) => {
  const { ask } = stage(t)
  const waiting = ['a', 'b', 'c', 'd'].map(ask)
  await assert.rejects(ask('e').answer, busy)
  for (const { resolve } of waiting) resolve()
  assert.deepEqual(await Promise.all(waiting.map(({ answer }) => answer)), ['a', 'b', 'c', 'd'])
})

test('who waits too long is refused, and takes no place with him', async (t) => {
  const { asked, ask, pass } = stage(t)
  const [a, b, c] = [ask('a'), ask('b'), ask('c')]
  pass(9)
  const d = ask('d')
  pass(1)
  await assert.rejects(c.answer, busy)
  a.resolve()
  await a.answer
  d.resolve()
  assert.equal(await d.answer, 'd')
  const e = ask('e')
  assert.deepEqual(asked, ['a', 'b', 'd', 'e'])
  pass(100)
  for (const { resolve } of [b, e]) resolve()
  assert.deepEqual(await Promise.all([b.answer, e.answer]), ['b', 'e'])
})

test('all who wait can be refused, those who are under way are not', async (t) => {
  const { line, asked, ask } = stage(t)
  const [a, b, c, d] = [ask('a'), ask('b'), ask('c'), ask('d')]
  const outage = new ValidationUnavailable('keystone_unreachable', { retryAfter: 7 })
  line.refuse(outage)
  for (const { answer } of [c, d]) await assert.rejects(answer, outage)
  for (const { resolve } of [a, b]) resolve()
  assert.deepEqual(await Promise.all([a.answer, b.answer]), ['a', 'b'])
  assert.deepEqual(asked, ['a', 'b'])
  assert.ok(!line.busy)
})
