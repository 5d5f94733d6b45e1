import assert from 'node:assert/strict'
import { test } from 'node:test'
import { microversion } from '@longhaul/oslo/api'
import { microversionHistory, type Version } from '../microversions.ts'
import type { ServerRow } from './server.ts'
import { serverView, updatedServerView, type ShownServer } from './view.ts'

const at = new Date('2026-01-02T03:04:05.678Z')
const server: ServerRow = {
  id: 'id',
  name: 'vm',
  description: 'd',
  hostname: 'vm',
  project_id: 'p',
  user_id: 'u',
  image_id: 'i',
  flavor: {
    id: '42',
    name: 'nano',
    ram: 128,
    vcpus: 1,
    disk: 0,
    ephemeral: 0,
    swap: 0,
    extra_specs: { a: 'b' },
  },
  metadata: {},
  tags: ['t'],
  key_name: null,
  user_data: 'IyE=',
  access_ip_v4: null,
  access_ip_v6: null,
  auto_disk_config: false,
  reservation_id: 'r-1',
  launch_index: 0,
  availability_zone: 'nova',
  requested_host: null,
  locked_by: null,
  locked_reason: null,
  host: 'h',
  vm_state: 'active',
  task_state: null,
  power_state: 1,
  operation_id: null,
  created_at: at,
  updated_at: at,
  launched_at: at,
  deleted_at: null,
}
const links = {
  self: (path: string) => `http://n/v2.1${path}`,
  bookmark: (path: string) => `http://n${path}`,
}
const everything = { extended: true, admin: true, extraSpecs: true }
const shown = (more: Partial<ShownServer> = {}): ShownServer => ({
  server,
  fault: undefined,
  rights: everything,
  hostStatus: 'UP',
  ...more,
})
const keys = (version: Version, inList = false) =>
  new Set(Object.keys(serverView(shown(), { links, version: microversion(version), inList })))

test('each microversion adds the keys that it brought, and nothing else', () => {
  const attribute = (name: string) => `OS-EXT-SRV-ATTR:${name}`
  const expected: Partial<Record<Version, string[]>> = {
    '2.3': [
      'reservation_id',
      'launch_index',
      'hostname',
      'kernel_id',
      'ramdisk_id',
      'root_device_name',
      'user_data',
    ].map(attribute),
    '2.9': ['locked'],
    '2.16': ['host_status'],
    '2.19': ['description'],
    '2.26': ['tags'],
    '2.63': ['trusted_image_certificates'],
    '2.71': ['server_groups'],
    '2.73': ['locked_reason'],
    '2.96': ['pinned_availability_zone'],
  }
  let before = keys('2.1')
  for (const [version] of microversionHistory) {
    const now = keys(version)
    const added = [...now].filter((key) => !before.has(key))
    assert.deepEqual(added.toSorted(), (expected[version] ?? []).toSorted(), version)
    assert.deepEqual(
      [...before].filter((key) => !now.has(key)),
      [],
      version,
    )
    before = now
  }
})

test('server groups are shown of one server, not in a list', () => {
  assert.ok(keys('2.71').has('server_groups'))
  assert.ok(!keys('2.96', true).has('server_groups'))
})

test('the flavor is a reference up to 2.46, then its values, with extra specs for who may see them', () => {
  const flavor = (version: Version, extraSpecs: boolean) =>
    serverView(shown({ rights: { ...everything, extraSpecs } }), { links, version: microversion(version) })[
      'flavor'
    ]
  assert.deepEqual(flavor('2.46', true), {
    id: '42',
    links: [{ rel: 'bookmark', href: 'http://n/flavors/42' }],
  })
  const values = { vcpus: 1, ram: 128, disk: 0, ephemeral: 0, swap: 0, original_name: 'nano' }
  assert.deepEqual(flavor('2.47', false), values)
  assert.deepEqual(flavor('2.47', true), { ...values, extra_specs: { a: 'b' } })
})

test('others than administrators see the hostname from 2.90 on, and no host', () => {
  const view = (version: Version) =>
    serverView(
      { server, fault: undefined, rights: { extended: false, admin: false, extraSpecs: false } },
      { links, version: microversion(version) },
    )
  const attributes = (version: Version) =>
    Object.keys(view(version)).filter((key) => key.startsWith('OS-EXT-SRV-ATTR'))
  assert.deepEqual(attributes('2.89'), [])
  assert.deepEqual(attributes('2.90'), ['OS-EXT-SRV-ATTR:hostname'])
  assert.ok(!('host_status' in view('2.96')))
})

test('up to 2.74 an update answers less', () => {
  const missing = Object.keys(serverView(shown(), { links, version: microversion('2.74') })).filter(
    (key) => !(key in updatedServerView(shown(), { links, version: microversion('2.74') })),
  )
  assert.deepEqual(missing.filter((key) => !key.startsWith('OS-')).toSorted(), [
    'config_drive',
    'host_status',
    'key_name',
    'os-extended-volumes:volumes_attached',
  ])
})

test('a fault is shown of a server in error, its details to administrators', () => {
  const fault = { code: 500, message: 'no', details: 'trace', created_at: at }
  const view = (state: string, admin: boolean) =>
    serverView(
      { server: { ...server, vm_state: state }, fault, rights: { ...everything, admin } },
      { links, version: microversion('2.1') },
    )['fault']
  const told = { code: 500, created: '2026-01-02T03:04:05Z', message: 'no' }
  assert.equal(view('active', true), undefined)
  assert.deepEqual(view('error', false), told)
  assert.deepEqual(view('error', true), { ...told, details: 'trace' })
})

test('progress is shown of servers that get on with something', () => {
  const view = (state: string) =>
    serverView(shown({ server: { ...server, vm_state: state } }), { links, version: microversion('2.1') })
  assert.equal(view('active')['progress'], 0)
  assert.ok(!('progress' in view('stopped')) && !('progress' in view('error')))
})

test('times are whole seconds, or microseconds without a zone', () => {
  const view = serverView(shown(), { links, version: microversion('2.1') })
  assert.equal(view['created'], '2026-01-02T03:04:05Z')
  assert.equal(view['OS-SRV-USG:launched_at'], '2026-01-02T03:04:05.678000')
})
