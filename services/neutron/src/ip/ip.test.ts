import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAddress, parseAddress } from './address.ts'
import { contains, formatCidr, hostRange, parseCidr } from './cidr.ts'

test('addresses of both kinds are read and written in their canonical form', () => {
  for (const [text, canonical] of [
    ['10.0.0.1', '10.0.0.1'],
    ['255.255.255.255', '255.255.255.255'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::', '::'],
    ['fe80::', 'fe80::'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
    ['::ffff:10.0.0.1', '::ffff:a00:1'],
  ] as const) {
    assert.equal(formatAddress(parseAddress(text)!), canonical)
  }
  for (const text of ['', '10.0.0', '10.0.0.256', '010.0.0.1', 'fe80::1%eth0', ':::', 'localhost']) {
    assert.equal(parseAddress(text), undefined, text)
  }
})

test('a block holds its addresses, and gives only those that are for hosts', () => {
  const block = parseCidr('10.0.0.77/24')!
  assert.equal(formatCidr(block), '10.0.0.0/24')
  assert.ok(contains(block, parseAddress('10.0.0.255')!))
  assert.ok(!contains(block, parseAddress('10.0.1.0')!))
  assert.ok(!contains(parseCidr('::/0')!, parseAddress('10.0.0.1')!))
  const ends = (cidr: string) => {
    const found = parseCidr(cidr)!
    const { first, last } = hostRange(found)
    return [first, last].map((value) => formatAddress({ version: found.version, value }))
  }
  assert.deepEqual(ends('10.0.0.0/24'), ['10.0.0.1', '10.0.0.254'])
  assert.deepEqual(ends('10.0.0.4/31'), ['10.0.0.4', '10.0.0.5'])
  assert.deepEqual(ends('10.0.0.4/32'), ['10.0.0.4', '10.0.0.4'])
  assert.deepEqual(ends('fd00::/64'), ['fd00::1', 'fd00::ffff:ffff:ffff:ffff'])
  for (const text of ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/', 'x/8', 'fd00::/129']) {
    assert.equal(parseCidr(text), undefined, text)
  }
})
