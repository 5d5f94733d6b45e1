import assert from 'node:assert/strict'
import { test } from 'node:test'
import { microversion } from '@longhaul/oslo/api'
import { listOrder } from './list-order.ts'
import type { ServerListQuery } from './list-query.ts'

const order = (keys: string[], dirs: string[], version = '2.1', admin = true) =>
  listOrder(
    { sort_key: keys, sort_dir: dirs } as unknown as ServerListQuery,
    microversion(version),
    admin,
  ).map(({ column, direction }) => `${column} ${direction}`)

test('newest first, and always an order in which no two servers are equal', () => {
  assert.deepEqual(order([], []), ['created_at desc', 'id desc'])
  assert.deepEqual(order([], ['asc']), ['created_at asc', 'id asc'])
})

test('several keys have a direction each; what has none goes as the first one does', () => {
  assert.deepEqual(order(['display_name', 'vm_state'], ['asc', 'desc']), [
    'name asc',
    'vm_state desc',
    'created_at asc',
    'id asc',
  ])
  assert.deepEqual(order(['uuid', 'host'], ['asc']), ['id asc', 'host asc', 'created_at asc'])
})

test('keys that say nothing here are left out with their direction, and refused from 2.75 on', () => {
  assert.deepEqual(order(['vcpus', 'display_name'], ['asc', 'desc']), [
    'name desc',
    'created_at desc',
    'id desc',
  ])
  assert.throws(() => order(['vcpus'], [], '2.75'), { status: 400 })
  assert.deepEqual(order(['locked'], ['asc'], '2.72'), ['created_at desc', 'id desc'])
  assert.equal(order(['locked'], ['asc'], '2.73')[0], 'locked_by asc')
})

test('what is no direction, or one too many, is refused; hosts are for administrators', () => {
  assert.throws(() => order(['uuid'], ['up']), { status: 400 })
  assert.throws(() => order(['uuid'], ['asc', 'asc']), { status: 400 })
  assert.throws(() => order(['host'], [], '2.1', false), { status: 403 })
})
