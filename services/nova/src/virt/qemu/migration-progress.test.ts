import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MigrationProgress } from './migration-progress.ts'

test('Memory that is written to again does not set a migration back', () => {
  const progress = new MigrationProgress(100, 0)
  progress.memory({ total: 110, transferred: 50, remaining: 60 })
  progress.memory({ total: 110, transferred: 90, remaining: 20 })
  progress.memory({ total: 110, transferred: 90, remaining: 90 })
  const memory = { total: 110, processed: 90, remaining: 20 }
  const disk = { total: 0, processed: 0, remaining: 0 }
  assert.deepEqual(progress.value, { done: 90, total: 110, memory, disk })
})

test('The disk comes first, and what is written to it meanwhile comes in addition', () => {
  const progress = new MigrationProgress(100, 200)
  assert.deepEqual([progress.value.done, progress.value.total], [0, 300])
  progress.disk({ offset: 0, len: 0 })
  progress.disk({ offset: 150, len: 200 })
  progress.disk({ offset: 150, len: 260 })
  assert.deepEqual(progress.value.disk, { total: 260, processed: 150, remaining: 50 })
  progress.diskDone()
  assert.deepEqual([progress.value.done, progress.value.total], [260, 360])
})
