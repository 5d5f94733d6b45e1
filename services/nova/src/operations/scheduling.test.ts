import assert from 'node:assert/strict'
import { test } from 'node:test'
import { roomiest } from './host-room.ts'

const host = (name: string, memory_mb = 1024) => ({ host: name, vcpus: 2, memory_mb, disk_gb: 10 })
const flavor = { vcpus: 1, ram: 512, disk: 1 }

test('a new server goes where most memory is free', () => {
  const hosts = [host('a', 2048), host('b', 2048)]
  assert.equal(roomiest(hosts, [{ host: 'a', flavor }], flavor), 'b')
})

test('a host without room in any one respect is left out', () => {
  const full = { host: 'a', flavor }
  assert.equal(roomiest([host('a')], [full, full], flavor), undefined)
  assert.equal(roomiest([host('a')], [], { ...flavor, vcpus: 3 }), undefined)
  assert.equal(roomiest([host('a')], [], { ...flavor, disk: 11 }), undefined)
  assert.equal(roomiest([host('a')], [full], flavor), 'a', 'exactly full is allowed')
  assert.equal(roomiest([], [], flavor), undefined)
})
