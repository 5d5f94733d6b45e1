import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OptionError } from './errors.ts'
import {
  compareVersions,
  isWithin,
  parseVersion,
  rangeOf,
  splitAtVersion,
  type VersionFilter,
} from './version-range.ts'

const forms: [string, readonly [number, number]][] = [
  ['2', [2, 0]],
  ['v2', [2, 0]],
  ['2.10', [2, 10]],
  ['v3.latest', [3, Infinity]],
  ['latest', [Infinity, Infinity]],
]
for (const [text, version] of forms) {
  test(`${text} is a version`, () => assert.deepEqual(parseVersion(text), version))
}

test('What is no version is refused, and versions are compared as numbers', () => {
  for (const text of ['', 'two', '2.', '2.1.3', 'latest.1', '-1']) {
    assert.throws(() => parseVersion(text), OptionError, text)
  }
  assert.ok(compareVersions([2, 9], [2, 10]) < 0)
  assert.ok(compareVersions([3, 0], [2, 99]) > 0)
  assert.equal(compareVersions([2, Infinity], [2, Infinity]), 0)
})

const yes = true
const no = false
const ranges: [VersionFilter, string | undefined, [number, number], boolean][] = [
  [{ version: '3' }, undefined, [3, 14], yes],
  [{ version: '3.2' }, undefined, [3, 1], no],
  [{ version: '3' }, undefined, [4, 0], no],
  [{ version: 'latest' }, undefined, [9, 1], yes],
  [{ minVersion: '2' }, undefined, [9, 1], yes],
  [{ minVersion: '2.1' }, undefined, [2, 0], no],
  [{ maxVersion: '2' }, undefined, [2, 1], no],
  [{ maxVersion: '2.latest' }, undefined, [2, 99], yes],
  [{ minVersion: '2', maxVersion: '3.latest' }, undefined, [4, 0], no],
  [{ minVersion: 'latest' }, undefined, [1, 0], yes],
  [{}, 'volumev2', [3, 0], no],
  [{}, 'volumev2', [2, 1], yes],
  [{ minVersion: 'latest' }, 'volumev2', [3, 0], no],
  [{ version: '2.1' }, 'volumev2', [2, 0], no],
]
for (const [filter, type, version, fits] of ranges) {
  test(`${version.join('.')} ${fits ? 'is' : 'is not'} within ${JSON.stringify(filter)} of ${type ?? 'any type'}`, () => {
    assert.equal(isWithin(version, rangeOf(filter, type)!), fits)
  })
}

test('Nothing asked is no range, and what contradicts itself is refused', () => {
  assert.equal(rangeOf({}, 'compute'), undefined)
  assert.equal(rangeOf({}, 'my-own-v2'), undefined, 'only known types imply a version')
  const wrong: [VersionFilter, string?][] = [
    [{ version: '2', minVersion: '2' }],
    [{ version: '2', maxVersion: '2' }],
    [{ minVersion: '3', maxVersion: '2.latest' }],
    [{ minVersion: 'latest', maxVersion: '3' }],
    [{ version: '3' }, 'volumev2'],
    [{ maxVersion: '1.latest' }, 'volumev2'],
  ]
  for (const [filter, type] of wrong) assert.throws(() => rangeOf(filter, type), OptionError)
})

test('A URL is cut at its version; an id of digits is none', () => {
  assert.deepEqual(splitAtVersion('http://h/identity/v3'), { version: [3, 0], root: 'http://h/identity' })
  assert.deepEqual(splitAtVersion('http://h:8774/v2.1/p1/'), { version: [2, 1], root: 'http://h:8774' })
  assert.deepEqual(splitAtVersion('http://h/123'), { version: undefined, root: 'http://h/123' })
})
