import assert from 'node:assert/strict'
import { test } from 'node:test'
import { originOf } from './proxy-headers.ts'

const arrival = { encrypted: false, remoteAddress: '10.0.0.9', localAddress: '127.0.0.1:5000' }
const origin = (headers: Record<string, string>, parse = true) => originOf({ ...arrival, headers }, parse)
const plain = { protocol: 'http', host: 'h:5000', prefix: '', remote: '10.0.0.9' }

test("without parsing a proxy's headers say nothing", () => {
  const forged = {
    host: 'h:5000',
    forwarded: 'proto=https;host=evil;for=1.2.3.4',
    'x-forwarded-proto': 'https',
  }
  assert.deepEqual(origin(forged, false), plain)
})

test('Forwarded counts before X-Forwarded, and its first element is the client', () => {
  assert.deepEqual(
    origin({
      host: 'h',
      forwarded: 'for="[2001:db8::1]";proto=HTTPS;host="cloud.example.org", for=10.0.0.1;proto=http',
      'x-forwarded-host': 'other',
    }),
    { protocol: 'https', host: 'cloud.example.org', prefix: '', remote: '[2001:db8::1]' },
  )
})

test('X-Forwarded gives protocol, host, port, prefix and client', () => {
  assert.deepEqual(
    origin({
      host: 'h',
      'x-forwarded-proto': 'https, http',
      'x-forwarded-host': 'cloud.example.org',
      'x-forwarded-port': '8443',
      'x-forwarded-prefix': '/identity/',
      'x-forwarded-for': '192.0.2.1, 10.0.0.1',
    }),
    { protocol: 'https', host: 'cloud.example.org:8443', prefix: '/identity', remote: '192.0.2.1' },
  )
})

test('default ports are left out', () => {
  assert.equal(origin({ host: 'h:80' }).host, 'h')
  assert.equal(origin({ host: 'h:443' }).host, 'h:443')
  assert.equal(origin({ host: 'h:443', 'x-forwarded-proto': 'https' }).host, 'h')
})

test('a host or prefix of another shape is not repeated in links', () => {
  assert.equal(origin({ host: 'a"><script>' }).host, '127.0.0.1:5000')
  assert.equal(origin({}).host, '127.0.0.1:5000')
  assert.deepEqual(
    origin({ host: 'h:5000', 'x-forwarded-host': 'evil/x?', 'x-forwarded-prefix': '//evil"' }),
    plain,
  )
  assert.equal(origin({ host: '[::1]:5000' }).host, '[::1]:5000')
})
