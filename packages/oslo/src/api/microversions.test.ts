import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareMicroversions, microversionHeaders, negotiateMicroversion } from './microversions.ts'

const ask = (headers: Record<string, string>) =>
  negotiateMicroversion({ service: 'compute', min: '2.1', max: '2.96', headers })

const granted: [string, Record<string, string>, string][] = [
  ['no header', {}, '2.1'],
  ['the standard header', { 'openstack-api-version': 'compute 2.45' }, '2.45'],
  ['the older header', { 'x-openstack-nova-api-version': '2.45' }, '2.45'],
  [
    'both: the standard one counts',
    { 'openstack-api-version': 'compute 2.2', 'x-openstack-nova-api-version': '2.9' },
    '2.2',
  ],
  ['latest', { 'openstack-api-version': 'compute latest' }, '2.96'],
  ['latest in the older header', { 'x-openstack-nova-api-version': 'latest' }, '2.96'],
  ['another service only', { 'openstack-api-version': 'volume 3.1' }, '2.1'],
  ['several services', { 'openstack-api-version': 'volume 3.1, Compute  2.9, identity 3.0' }, '2.9'],
  ['one service twice: the last counts', { 'openstack-api-version': 'compute 2.3, compute 2.10' }, '2.10'],
  ['the least', { 'openstack-api-version': 'compute 2.1' }, '2.1'],
  ['the greatest', { 'openstack-api-version': 'compute 2.96' }, '2.96'],
]
for (const [name, headers, version] of granted) {
  test(`microversion with ${name}`, () => assert.equal(ask(headers), version))
}

test('a version out of the range is 406 and says what the range is', () => {
  for (const version of ['2.97', '2.0', '3.0', '1.1']) {
    assert.throws(() => ask({ 'openstack-api-version': `compute ${version}` }), {
      status: 406,
      code: 'unsupported_microversion',
      message: `Version ${version} is not supported by the API. Minimum is 2.1 and maximum is 2.96.`,
    })
  }
})

test('a version of another shape is 400', () => {
  for (const version of ['2', '2.latest', '2.01', 'v2.1', '2.1.1', '-2.1', '<script>']) {
    assert.throws(() => ask({ 'x-openstack-nova-api-version': version }), {
      status: 400,
      code: 'invalid_microversion',
    })
  }
})

test('an answer names its version in both headers and varies by them', () => {
  assert.deepEqual(microversionHeaders('compute', '2.45'), {
    'openstack-api-version': 'compute 2.45',
    'x-openstack-nova-api-version': '2.45',
    vary: 'OpenStack-API-Version, X-OpenStack-Nova-API-Version',
  })
  assert.deepEqual(microversionHeaders('volume', '3.59'), {
    'openstack-api-version': 'volume 3.59',
    vary: 'OpenStack-API-Version',
  })
})

test('versions compare by number, not by text', () => {
  assert.ok(compareMicroversions('2.9', '2.10') < 0)
  assert.ok(compareMicroversions('3.0', '2.99') > 0)
  assert.equal(compareMicroversions('2.10', '2.10'), 0)
})
