import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cases } from './table.ts'

test('The table has at least 90 cases', () => {
  assert.ok(cases.length >= 90, `${cases.length} cases`)
})
