import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { microversion } from '@longhaul/oslo/api'
import { actionBodies, parseCreateServer, parseUpdateServer } from './schema.ts'

const imageRef = 'b0e3cf3e-7a3b-4a0c-9b86-0d1d2f3a4b5c'
const server = { name: 'vm', imageRef, flavorRef: '42' }

function accepts(more: object, version = '2.1', beside: object = {}): boolean {
  try {
    parseCreateServer({ server: { ...server, ...more }, ...beside }, microversion(version))
    return true
  } catch (error) {
    assert.equal((error as { status?: number }).status, 400, String(error))
    return false
  }
}

test('what openstackclient sends for a server without networks is accepted', () => {
  const counts = { min_count: 1, max_count: 1, metadata: { a: 'b' } }
  assert.ok(accepts({ networks: [], ...counts }))
  for (const networks of ['none', 'auto', []]) assert.ok(accepts({ networks, ...counts }, '2.37'))
  const read = parseCreateServer({ server: { ...server, flavorRef: 42 } }, microversion('2.1'))
  assert.equal(read.flavorRef, '42')
})

test('networks are a list up to 2.36, and required from 2.37 on', () => {
  assert.equal(accepts({ networks: 'none' }, '2.36'), false)
  assert.equal(accepts({}, '2.37'), false)
  assert.equal(accepts({ networks: 'some' }, '2.37'), false)
})

test('networks name a network or a port, with a tag in some versions', () => {
  const uuid = imageRef
  const tags = ['2.31', '2.32', '2.36', '2.37', '2.41', '2.42']
  assert.deepEqual(
    tags.map((version) => accepts({ networks: [{ uuid, tag: 't' }] }, version)),
    [false, true, true, false, false, true],
  )
  for (const networks of [[{ uuid }], [{ port: uuid }], [{ port: null, uuid, fixed_ip: '10.0.0.1' }]]) {
    assert.ok(accepts({ networks }))
  }
  for (const one of [{}, { port: null }, { port: uuid, fixed_ip: '10.0.0.1' }, { uuid, fixed_ip: 'ten' }]) {
    assert.equal(accepts({ networks: [one] }), false, JSON.stringify(one))
  }
})

test('keys are known from their version on, and some only up to one', () => {
  const networks = 'none'
  for (const [key, value, before, from] of [
    ['description', 'd', '2.18', '2.19'],
    ['tags', ['t'], '2.51', '2.52'],
    ['trusted_image_certificates', null, '2.62', '2.63'],
    ['host', 'h', '2.73', '2.74'],
    ['hypervisor_hostname', 'h', '2.73', '2.74'],
    ['hostname', 'vm', '2.89', '2.90'],
  ] as const) {
    const both = (version: string) =>
      accepts({ [key]: value, ...(microversion(version).atLeast('2.37') ? { networks } : {}) }, version)
    assert.deepEqual([both(before), both(from)], [false, true], key)
  }
  assert.equal(accepts({ personality: [], networks }, '2.56'), true)
  assert.equal(accepts({ personality: [], networks }, '2.57'), false)
})

test('a hostname is a label, and from 2.94 on a domain name', () => {
  const hostname = 'vm.example.org'
  assert.equal(accepts({ hostname, networks: 'none' }, '2.93'), false)
  assert.equal(accepts({ hostname, networks: 'none' }, '2.94'), true)
  const update = (version: string) => parseUpdateServer({ server: { hostname } }, microversion(version))
  assert.throws(() => update('2.93'), { status: 400 })
  assert.equal(update('2.94').hostname, hostname)
})

const volume = { source_type: 'volume', destination_type: 'volume', uuid: randomUUID() }

test('what this cloud cannot keep is refused, not ignored', () => {
  for (const more of [
    { block_device_mapping_v2: [{ ...volume, boot_index: 0 }] },
    { block_device_mapping_v2: [{ ...volume, source_type: 'blank' }] },
    { block_device_mapping_v2: [volume, volume] },
    { block_device_mapping: [{}] },
    { security_groups: [{ name: 'web' }] },
    { config_drive: true },
    { adminPass: 'secret' },
    { personality: [{ path: '/x', contents: '' }] },
    { unknown: 1 },
  ]) {
    assert.equal(accepts(more), false, JSON.stringify(more))
  }
  assert.equal(accepts({}, '2.1', { 'os:scheduler_hints': { group: imageRef } }), false)
})

test('hints, and the disk that every server has, change nothing and are accepted', () => {
  const hints = { different_host: [imageRef] }
  assert.ok(accepts({}, '2.1', { 'os:scheduler_hints': hints }))
  assert.ok(accepts({}, '2.1', { 'OS-SCH-HNT:scheduler_hints': hints }))
  const disk = { source_type: 'image', destination_type: 'local', uuid: imageRef, boot_index: 0 }
  assert.ok(accepts({ block_device_mapping_v2: [disk] }))
  assert.equal(accepts({ block_device_mapping_v2: [disk, disk] }), false)
})

test('volumes are given with tags from 2.32 on, but for a while', () => {
  const given = (more: object, version: string) =>
    accepts({ networks: 'none', block_device_mapping_v2: [{ ...volume, ...more }] }, version)
  for (const boot_index of [-1, '-1', null]) assert.ok(given({ boot_index, device_name: 'vdb' }, '2.94'))
  assert.ok(given({ delete_on_termination: true, tag: 'data' }, '2.42'))
  assert.equal(given({ tag: 'data' }, '2.41'), false)
})

test('names are printable, bounded, and have no space at either end', () => {
  for (const name of ['a', 'a b', 'ü', '🚢', 'x'.repeat(255)]) assert.ok(accepts({ name }), name)
  for (const name of ['', ' a', 'a ', 'a\n', 'a\0', 'a\ud800', 'x'.repeat(256)]) {
    assert.equal(accepts({ name }), false, JSON.stringify(name))
  }
})

test('user data is base 64, in lines or not', () => {
  assert.ok(accepts({ user_data: 'IyE=' }))
  assert.ok(accepts({ user_data: 'IyEv\nYmlu\n' }))
  for (const user_data of ['IyE', '#!/bin/sh', 'A'.repeat(65_536)]) {
    assert.equal(accepts({ user_data }), false)
  }
})

test('metadata is text of limited length under keys of letters, digits and a few signs', () => {
  assert.ok(accepts({ metadata: { 'a-b_c:d.e f': 'ü' } }))
  for (const metadata of [{ a: 1 }, { a: 'x'.repeat(256) }, { 'a/b': '' }, { '': '' }, []]) {
    assert.equal(accepts({ metadata }), false)
  }
})

test('before descriptions existed a name was one', () => {
  assert.equal(parseCreateServer({ server }, microversion('2.18')).description, 'vm')
  assert.equal(parseCreateServer({ server }, microversion('2.19')).description, undefined)
})

test("the console's length is a number of lines, as number or text, or nothing", () => {
  const length = (value: unknown) =>
    actionBodies['os-getConsoleOutput'].safeParse({ 'os-getConsoleOutput': { length: value } })
  assert.equal(length('50').data?.['os-getConsoleOutput'].length, 50)
  for (const value of [50, -1, null, undefined]) assert.ok(length(value).success)
  for (const value of [-2, 1.5, 'all']) assert.equal(length(value).success, false)
})
