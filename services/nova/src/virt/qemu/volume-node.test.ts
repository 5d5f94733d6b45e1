import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scratch } from './fixtures/scratch.ts'
import { Shares } from './shares.ts'
import { nfsShare, volumeName, volumeNode } from './volume-node.ts'

const node = (driver_volume_type: string, data: Record<string, unknown>) =>
  volumeNode({ id: 'v1', connection_info: { driver_volume_type, data } }, () => '/mnt/share')

test('A network block device is found by socket or host, and waited for an hour or as long as is said', () => {
  const raw = { driver: 'raw', 'node-name': volumeName('v1'), discard: 'unmap' }
  assert.deepEqual(node('nbd', { server: { type: 'unix', path: '/nbd' }, export: 'x', format: 'raw' }), {
    ...raw,
    file: { driver: 'nbd', server: { type: 'unix', path: '/nbd' }, export: 'x', 'reconnect-delay': 3600 },
  })
  assert.deepEqual(
    node('nbd', {
      server: { type: 'inet', host: 'h', port: 10_809 },
      export: 'x',
      reconnect_delay: 5,
      access_mode: 'ro',
    }),
    {
      ...raw,
      'read-only': true,
      file: {
        driver: 'nbd',
        server: { type: 'inet', host: 'h', port: '10809' },
        export: 'x',
        'reconnect-delay': 5,
        'read-only': true,
      },
    },
  )
  assert.ok(volumeName('v1').length <= 31)
})

test('A file on a share is opened in the format that Cinder says', () => {
  const data = { export: 'nas:/v', name: 'volume-v1', format: 'qcow2', options: '-o vers=4' }
  const common = { 'node-name': volumeName('v1'), discard: 'unmap' }
  const file = { driver: 'file', filename: '/mnt/share/volume-v1' }
  assert.deepEqual(node('nfs', data), { driver: 'qcow2', ...common, file })
  assert.deepEqual(node('nfs', { ...data, format: null }), { driver: 'raw', ...common, file })
})

for (const [type, data, code] of [
  ['rbd', {}, 'volume_driver_unsupported'],
  ['nbd', { export: 'x' }, 'volume_connection_invalid'],
  ['nbd', { server: { type: 'inet', host: 'h' }, export: 'x' }, 'volume_connection_invalid'],
  ['nfs', { export: 'nas:/v' }, 'volume_connection_invalid'],
  ['nfs', { export: 'nas:/v', name: '../other' }, 'volume_connection_invalid'],
] as const) {
  test(`A volume of ${type} with ${JSON.stringify(data)} is ${code}`, () => {
    assert.throws(() => node(type, data), { code, terminal: true })
  })
}

test('A share is mounted once, with the options of the host and its own', async (t) => {
  const mounted: string[][] = []
  const shares = new Shares({
    directory: scratch(t),
    mountOptions: 'soft',
    isMounted: () => mounted.length > 0,
    mount: async (parameters) => mounted.push(parameters),
  })
  const share = nfsShare({
    driver_volume_type: 'nfs',
    data: { export: 'nas:/v', name: 'v1', options: '-o vers=4' },
  })!
  await shares.mount(share)
  await shares.mount(share)
  const path = shares.mountPoint('nas:/v')
  assert.deepEqual(mounted, [['-t', 'nfs', '-o', 'soft,vers=4', '--', 'nas:/v', path]])
  assert.match(path, /\/[0-9a-f]{32}$/)
})

test('A share that cannot be mounted may be later', async (t) => {
  const mount = () => Promise.reject(new Error('no route to the server'))
  const shares = new Shares({ directory: scratch(t), mount })
  const refused = { code: 'share_not_mounted', terminal: false }
  await assert.rejects(shares.mount({ export: 'nas:/v', name: 'v1' }), refused)
})
