import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actionBodies, createServerBody, imageIdOf } from './schema.ts'

const server = { name: 'vm', imageRef: 'i', flavorRef: '42' }
const accepts = (more: object) => createServerBody.safeParse({ server: { ...server, ...more } }).success

test('what openstackclient sends for a server without networks is accepted', () => {
  for (const networks of ['none', 'auto', []]) {
    assert.ok(accepts({ networks, min_count: 1, max_count: 1, metadata: { a: 'b' } }))
  }
  assert.equal(createServerBody.parse({ server: { ...server, flavorRef: 42 } }).server.flavorRef, '42')
})

test('what this cloud cannot keep is refused, not ignored', () => {
  for (const more of [
    { networks: [{ uuid: 'n' }] },
    { max_count: 2 },
    { key_name: 'k' },
    { user_data: 'IyE=' },
    { block_device_mapping_v2: [{}] },
    { security_groups: [{ name: 'web' }] },
    { config_drive: true },
    { availability_zone: 'elsewhere' },
  ]) {
    assert.equal(accepts(more), false, JSON.stringify(more))
  }
})

test('names are printable, bounded, and have no space at either end', () => {
  for (const name of ['a', 'a b', 'ü', 'x'.repeat(255)]) assert.ok(accepts({ name }), name)
  for (const name of ['', ' a', 'a ', 'a\n', 'x'.repeat(256)]) assert.equal(accepts({ name }), false, name)
})

test('metadata is text of limited length', () => {
  assert.equal(accepts({ metadata: { a: 1 } }), false)
  assert.equal(accepts({ metadata: { a: 'x'.repeat(256) } }), false)
  assert.equal(
    accepts({ metadata: Object.fromEntries(Array.from({ length: 129 }, (_, i) => [`k${i}`, ''])) }),
    false,
  )
})

test("the console's length is a number of lines, as number or text, or nothing", () => {
  const length = (value: unknown) =>
    actionBodies['os-getConsoleOutput'].safeParse({ 'os-getConsoleOutput': { length: value } })
  assert.equal(length('50').data?.['os-getConsoleOutput'].length, 50)
  for (const value of [50, -1, null, undefined]) assert.ok(length(value).success)
  for (const value of [-2, 1.5, 'all']) assert.equal(length(value).success, false)
})

test('an image may be named by its URL', () => {
  assert.equal(imageIdOf('http://glance/images/4e3e'), '4e3e')
  assert.equal(imageIdOf('4e3e'), '4e3e')
})
