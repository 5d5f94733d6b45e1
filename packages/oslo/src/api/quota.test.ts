import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertRoom, leftOf, OverQuota, unlimited } from './quota.ts'

const rooms = {
  volumes: { limit: 10, used: 8 },
  gigabytes: { limit: 100, used: 100 },
  snapshots: { limit: unlimited, used: 1000 },
}

test('what fits exactly is allowed, and so is everything without a limit', () => {
  assertRoom(rooms, { volumes: 2, snapshots: 1_000_000 })
  assert.equal(leftOf(rooms.snapshots), Infinity)
})

test('what does not suffice is named in order, with what there is', () => {
  assert.throws(
    () => assertRoom(rooms, { volumes: 3, gigabytes: 1, snapshots: 1 }),
    (error) => {
      assert.ok(error instanceof OverQuota)
      assert.deepEqual(error.overs, ['gigabytes', 'volumes'])
      assert.equal(error.code, 'quota_exceeded')
      assert.equal(error.rooms, rooms)
      return true
    },
  )
})

test('wanting nothing is allowed below a limit that was lowered', () => {
  const lowered = { volumes: { limit: 1, used: 5 } }
  assertRoom(lowered, { volumes: 0 })
  assert.equal(leftOf(lowered.volumes), -4)
  assert.throws(() => assertRoom(lowered, { volumes: 1 }))
})
