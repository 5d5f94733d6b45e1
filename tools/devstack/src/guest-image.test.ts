import assert from 'node:assert/strict'
import { test } from 'node:test'
import { counterOnDisk, gapsIn, ticksOf } from './guest-image.ts'

test('Only finished lines of the console count', () => {
  assert.deepEqual(ticksOf('SeaBIOS\r\ntick 00000000\r\ntick 00000001\r\ntick 0000'), [0, 1])
})

test('A missing count and a repeated count are gaps', () => {
  assert.equal(gapsIn([0, 1, 2, 3]), 0)
  assert.equal(gapsIn([0, 1, 3]), 1)
  assert.equal(gapsIn([0, 1, 1]), 1)
})

test('The counter on a disk is the highest of its sectors', () => {
  const disk = Buffer.alloc(512 * 5)
  disk.write('tick 00000007\r\n', 512)
  disk.write('tick 00000006\r\n', 512 * 3)
  assert.equal(counterOnDisk(disk, 3), 7)
  assert.equal(counterOnDisk(Buffer.alloc(2048), 3), -1)
})
