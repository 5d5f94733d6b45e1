import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deviceCases } from './device-table.ts'
import { migrationCases } from './migration-table.ts'
import { cases } from './table.ts'

test('The table has at least 90 cases of servers that are made, saved and deleted', () => {
  assert.ok(cases.length >= 90, `${cases.length} cases`)
})

test('The table has at least 150 cases of migrations, and of volumes and ports', () => {
  const kinds = [...migrationCases, ...deviceCases].map(({ operation }) => operation)
  const counts = Object.entries(Object.groupBy(kinds, (kind) => kind)).map(([kind, all]) => [
    kind,
    all.length,
  ])
  assert.ok(kinds.length >= 150, `${kinds.length} cases`)
  for (const kind of ['live', 'block', 'attach-volume', 'detach-volume']) {
    assert.ok(kinds.includes(kind as never), `none of ${kind}: ${JSON.stringify(counts)}`)
  }
})
