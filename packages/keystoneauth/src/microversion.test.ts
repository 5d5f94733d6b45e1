import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OptionError } from './errors.ts'
import { microversionHeaders } from './microversion.ts'

const asked: [string, string, Record<string, string>][] = [
  ['compute', '2.79', { 'OpenStack-API-Version': 'compute 2.79', 'X-OpenStack-Nova-API-Version': '2.79' }],
  ['volumev3', '3.70', { 'OpenStack-API-Version': 'volume 3.70' }],
  ['block-storage', 'latest', { 'OpenStack-API-Version': 'volume latest' }],
  ['placement', '1.39', { 'OpenStack-API-Version': 'placement 1.39' }],
  [
    'sharev2',
    '2.5',
    { 'OpenStack-API-Version': 'shared-file-system 2.5', 'X-OpenStack-Manila-API-Version': '2.5' },
  ],
]
for (const [type, version, headers] of asked) {
  test(`${version} of ${type} is asked for under its names`, () => {
    assert.deepEqual(microversionHeaders(version, type), headers)
  })
}

test('A microversion without a service type, or in another form, is refused', () => {
  assert.throws(() => microversionHeaders('2.1', undefined), OptionError)
  for (const version of ['2.latest', '2', 'v2.1', '2.1\r\nX: y']) {
    assert.throws(() => microversionHeaders(version, 'compute'), OptionError)
  }
})
