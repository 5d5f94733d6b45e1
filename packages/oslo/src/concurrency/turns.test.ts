import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Turns } from './turns.ts'

test('Works on the same thing follow one another in order, a failure ends its own only', async () => {
  const turns = new Turns()
  const order: string[] = []
  const held = Promise.withResolvers<void>()
  const first = turns.take('a', async () => {
    order.push('first begins')
    await held.promise
    order.push('first ends')
    throw new Error('failed')
  })
  const second = turns.take('a', async () => order.push('second'))
  const third = turns.take('a', async () => order.push('third'))
  const other = turns.take('b', async () => order.push('other'))
  await other
  assert.deepEqual(order, ['first begins', 'other'])
  held.resolve()
  await assert.rejects(first, /failed/)
  await Promise.all([second, third])
  assert.deepEqual(order, ['first begins', 'other', 'first ends', 'second', 'third'])
  assert.equal(await turns.take('a', async () => 7), 7)
})
