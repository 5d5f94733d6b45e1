import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readJson } from './json-body.ts'

const read = (text: string) => readJson(Buffer.from(text))
const malformed = { status: 400, code: 'malformed_json' }

test('what JSON.parse reads is read, of two keys the last', () => {
  for (const text of [
    '{"a":{"b":[1,"]}",null]}}',
    '[]',
    '"x"',
    'null',
    ' 1 ',
    '{"a":1,"a":2}',
    String.raw`"\"[[["`,
  ]) {
    assert.deepEqual(read(text), JSON.parse(text))
  }
})

test('an empty body is undefined', () => {
  assert.equal(read(''), undefined)
})

test('text that is not UTF-8 is refused', () => {
  assert.throws(() => readJson(Buffer.from([0x22, 0xff, 0x22])), { ...malformed, message: /UTF-8/ })
  assert.equal(read('"é 🎉"'), 'é 🎉')
})

test('64 levels are read and 65 refused; brackets within texts count for nothing', () => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
  assert.ok(read(nested(64)))
  assert.throws(() => read(nested(65)), { ...malformed, message: /64 levels/ })
  assert.throws(() => read('{"a":'.repeat(65) + '1' + '}'.repeat(65)), malformed)
  assert.ok(read(JSON.stringify('['.repeat(200))))
})

test('an open nesting of a megabyte is refused, not overflown', () => {
  assert.throws(() => read('['.repeat(1_000_000)), malformed)
})

test('a key __proto__ is refused however it is written; as a value it is only text', () => {
  assert.throws(() => read('{"__proto__":{}}'), malformed)
  assert.throws(() => read(String.raw`{"a":[{"\u005f_pr\u006Fto__" : 1}]}`), malformed)
  assert.deepEqual(read('{"a":"__proto__"}'), { a: '__proto__' })
})
