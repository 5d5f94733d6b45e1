import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freeDeviceName } from './device-name.ts'

test('the first free name behind the disk of the machine', () => {
  assert.equal(freeDeviceName(new Set()), '/dev/vdb')
  assert.equal(freeDeviceName(new Set(['/dev/vdb', '/dev/vdd'])), '/dev/vdc')
  const taken = new Set<string>()
  for (let count = 0; count < 27; count++) taken.add(freeDeviceName(taken))
  assert.deepEqual([...taken].slice(-3), ['/dev/vdz', '/dev/vdaa', '/dev/vdab'])
})
