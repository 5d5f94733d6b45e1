import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SharedWork } from './shared-work.ts'

interface Started {
  ended: AbortSignal
  resolve: () => void
  reject: (error: unknown) => void
}

/** Work that the test ends. */
function bench() {
  const started: Started[] = []
  const start = (ended: AbortSignal) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    ended.addEventListener('abort', () => reject(ended.reason))
    started.push({ ended, resolve, reject })
    return promise
  }
  return { shared: new SharedWork(), started, start }
}

const forEver = new AbortController().signal

test('Callers at the same time share one work', async () => {
  const { shared, started, start } = bench()
  const all = [1, 2, 3].map(() => shared.join('a', forEver, start))
  const other = shared.join('b', forEver, start)
  assert.equal(started.length, 2)
  for (const { resolve } of started) resolve()
  await Promise.all([...all, other])
  const next = shared.join('a', forEver, start)
  assert.equal(started.length, 3)
  started[2]?.resolve()
  await next
})

test('A failure is told to the one whose work it was, the others look again', async () => {
  const { shared, started, start } = bench()
  const own = shared.join('a', forEver, start)
  const others = shared.join('a', forEver, start)
  const failure = new Error('401')
  started[0]?.reject(failure)
  await assert.rejects(own, failure)
  await others
})

test('The work goes on when one leaves, and is broken off when the last one has left', async () => {
  const { shared, started, start } = bench()
  const [one, two] = [new AbortController(), new AbortController()]
  const first = shared.join('a', one.signal, start)
  const second = shared.join('a', two.signal, start)
  const reason = new Error('cancelled')
  one.abort(reason)
  await assert.rejects(first, reason)
  assert.equal(started[0]?.ended.aborted, false)
  two.abort(reason)
  await assert.rejects(second, reason)
  assert.equal(started[0]?.ended.aborted, true)
})

test('Who comes while a work is being broken off has one of its own afterwards', async () => {
  const { shared, started, start } = bench()
  const { promise, reject } = Promise.withResolvers<void>()
  const one = new AbortController()
  const first = shared.join('a', one.signal, () => promise)
  one.abort()
  await assert.rejects(first, { name: 'AbortError' })
  const second = shared.join('a', forEver, start)
  assert.equal(started.length, 0)
  reject(new Error('broken off'))
  await second
  const again = shared.join('a', forEver, start)
  started[0]?.resolve()
  await again
})

test('Who is cancelled already starts nothing', async () => {
  const { shared, started, start } = bench()
  await assert.rejects(shared.join('a', AbortSignal.abort(), start), { name: 'AbortError' })
  assert.equal(started.length, 0)
})
