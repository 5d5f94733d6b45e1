import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lastLines } from './last-lines.ts'

for (const [length, wanted] of [
  [undefined, 'a\nb\nc\n'],
  [0, ''],
  [-5, ''],
  [1, ''],
  [2, 'c\n'],
  [4, 'a\nb\nc\n'],
  [99, 'a\nb\nc\n'],
] as const) {
  test(`The last ${length ?? 'lines, all of them,'} lines count what follows the last break`, () => {
    assert.equal(lastLines('a\nb\nc\n', length), wanted)
  })
}
