import assert from 'node:assert/strict'
import { test } from 'node:test'
import { versionNumber } from './version-number.ts'

for (const [version, wanted] of [
  ['7.2.22', 7_002_022],
  ['8.2.2', 8_002_002],
  ['10.0', 10_000_000],
  ['9.1.0-rc2', 9_001_000],
  ['unknown', 0],
  ['', 0],
] as const) {
  test(`The number of version '${version}' is ${wanted}`, () => assert.equal(versionNumber(version), wanted))
}
