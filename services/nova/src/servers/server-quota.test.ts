import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allowedServers } from './server-quota.ts'

const room = (limit: number, used = 0) => ({ limit, used })
const rooms = { instances: room(10, 8), cores: room(20, 4), ram: room(-1, 1_000_000) }
const flavor = { vcpus: 2, ram: 512 }

test('as many servers as fit, no more than asked for', () => {
  assert.equal(allowedServers(rooms, flavor, { min: 1, max: 1 }), 1)
  assert.equal(allowedServers(rooms, flavor, { min: 1, max: 5 }), 2)
  assert.equal(allowedServers(rooms, { vcpus: 9, ram: 1 }, { min: 1, max: 5 }), 1)
})

test('what does not suffice is named with what was asked for, used and allowed', () => {
  const tight = { instances: room(10, 9), cores: room(20, 19), ram: room(-1) }
  assert.throws(() => allowedServers(tight, flavor, { min: 2, max: 3 }), {
    status: 403,
    message:
      'Quota exceeded for cores, instances: Requested 6, 2-3, but already used 19, 9 of 20, 10 cores, instances',
  })
})

test('a limit below the use leaves nothing', () => {
  const lowered = { ...rooms, instances: room(5, 8) }
  assert.throws(() => allowedServers(lowered, flavor, { min: 1, max: 1 }), { status: 403 })
})
