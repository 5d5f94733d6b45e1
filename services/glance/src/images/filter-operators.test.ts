import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { oneOf, operatorOf, timeFilter } from './filter-operators.ts'

describe('the values of in:', () => {
  const lists: [text: string, values: string[]][] = [
    ['', []],
    ['a', ['a']],
    ['a,b', ['a', 'b']],
    ['a,,b', ['a', '', 'b']],
    ['a,', ['a']],
    ['"a,b",c', ['a,b', 'c']],
    [String.raw`"say \"yes\""`, ['say "yes"']],
    ['""', ['']],
    ['a b,c:d', ['a b', 'c:d']],
  ]
  for (const [text, values] of lists) {
    test(`'${text}' are ${JSON.stringify(values)}`, () => {
      assert.deepEqual(oneOf(text), values)
    })
  }

  for (const text of ['"a', 'a"b"', '"a"b', 'a,"b', '"']) {
    test(`'${text}' is refused`, () => {
      assert.throws(() => oneOf(text), { status: 400 })
    })
  }
})

test('an operator ends at the first colon', () => {
  assert.deepEqual(operatorOf('in:a:b'), { operator: 'in', operand: 'a:b' })
  assert.deepEqual(operatorOf('plain'), { operator: 'eq', operand: 'plain' })
})

describe('a time', () => {
  const second = ['2026-01-02T03:04:05.000Z', '2026-01-02T03:04:06.000Z'] as const
  const times: [text: string, filter: Record<string, unknown>][] = [
    ['2026-01-02T03:04:05Z', { from: second[0], before: second[1] }],
    ['eq:2026-01-02T03:04:05Z', { from: second[0], before: second[1] }],
    ['neq:2026-01-02T03:04:05', { from: second[0], before: second[1], outside: true }],
    ['gt:2026-01-02T03:04:05Z', { from: second[1] }],
    ['gte:2026-01-02T04:04:05+01:00', { from: second[0] }],
    ['lt:2026-01-02T03:04:05Z', { before: second[0] }],
    ['lte:2026-01-02T03:04:05+0000', { before: second[1] }],
    ['gt:2026-01-02T03:04:05.250Z', { from: '2026-01-02T03:04:05.251Z' }],
    ['gte:2026', { from: '2026-01-01T00:00:00.000Z' }],
    ['gte:2026-02', { from: '2026-02-01T00:00:00.000Z' }],
    ['gte:2026-01-02', { from: '2026-01-02T00:00:00.000Z' }],
  ]
  for (const [text, filter] of times) {
    test(`'${text}' is a filter`, () => {
      assert.deepEqual(timeFilter('created_at', text), filter)
    })
  }

  for (const text of [
    'yesterday',
    'gt:',
    'before:2026-01-02',
    '2026-13-01',
    '2026T03:04',
    'gt:9999-12-31T23:59:59Z',
    '',
  ]) {
    test(`'${text}' is refused`, () => {
      assert.throws(() => timeFilter('created_at', text), { status: 400 })
    })
  }
})
