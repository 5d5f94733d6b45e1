import assert from 'node:assert/strict'
import { test } from 'node:test'
import { powerStateOf } from './power-state.ts'

for (const [runState, wanted] of [
  ['running', 'running'],
  ['paused', 'paused'],
  ['inmigrate', 'paused'],
  ['postmigrate', 'paused'],
  ['io-error', 'paused'],
  ['shutdown', 'shutdown'],
  ['internal-error', 'crashed'],
  ['guest-panicked', 'crashed'],
  ['of-a-later-qemu', 'running'],
] as const) {
  test(`QEMU's ${runState} is Nova's ${wanted}`, () => assert.equal(powerStateOf(runState), wanted))
}
