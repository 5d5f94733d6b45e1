import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { BackupStore, offsetsOf } from './backup-store.ts'
import { scratch } from './fixtures/scratch.ts'

const offset = { console_offset: { before: 1 } }

test('Records are kept for the next agent and removed with their images', (t) => {
  const directory = scratch(t)
  const store = new BackupStore(directory)
  assert.equal(store.read('op'), undefined)
  store.write('op', { server: 's1', phase: 'copying', ...offset })
  writeFileSync(store.imagePath('op'), 'image')
  writeFileSync(join(directory, 'backups/op.json.new'), 'half')
  assert.deepEqual(new BackupStore(directory).read('op'), { server: 's1', phase: 'copying', ...offset })
  store.remove('op')
  store.remove('op')
  assert.deepEqual(readdirSync(join(directory, 'backups')), [])
})

test("Of a server's backups those that are not done are found", (t) => {
  const store = new BackupStore(scratch(t))
  store.write('copying', { server: 's1', phase: 'copying', ...offset })
  store.write('copied', { server: 's1', phase: 'copied', ...offset })
  store.write('converting', { server: 's1', phase: 'converting', ...offset })
  store.write('done', { server: 's1', phase: 'done', ...offset })
  store.write('other', { server: 's2', phase: 'copying', ...offset })
  writeFileSync(store.imagePath('copying'), '')
  assert.deepEqual(store.unfinished('s1'), ['converting', 'copied', 'copying'])
})

test('A backup whose agent died before it could note the second offset has one offset', () => {
  const record = { server: 's1', phase: 'done' } as const
  assert.deepEqual(offsetsOf({ ...record, console_offset: { before: 3 } }), { before: 3, after: 3 })
  assert.deepEqual(offsetsOf({ ...record, console_offset: { before: 3, after: 5 } }), { before: 3, after: 5 })
})
