import assert from 'node:assert/strict'
import { test } from 'node:test'
import { netdev, portName } from './netdev.ts'

const port = { id: 'p1', mac_address: 'fa:16:3e:00:00:01', vif_details: {} }
const id = portName('p1')
const bound = (vif_type: string, vif_details: Record<string, unknown>, version = 7_002_022) =>
  netdev({ ...port, vif_type, vif_details }, version)

test('A stream reaches its switch again where QEMU can', () => {
  const details = { path: '/run/switch' }
  const stream = { type: 'stream', id, server: false, addr: { type: 'unix', path: '/run/switch' } }
  assert.deepEqual(bound('stream', details), stream)
  assert.deepEqual(bound('stream', details, 8_002_000), { ...stream, reconnect: 1 })
  assert.deepEqual(bound('stream', details, 10_000_000), { ...stream, 'reconnect-ms': 500 })
})

test('Datagrams and interfaces of the host are known as well', () => {
  const remote = { type: 'inet', host: '127.0.0.1', port: '7' }
  const local = { type: 'inet', host: '127.0.0.1', port: '0' }
  assert.deepEqual(bound('dgram', { host: '127.0.0.1', port: 7 }), { type: 'dgram', id, local, remote })
  assert.deepEqual(bound('tap', { name: 'tap0' }), {
    type: 'tap',
    id,
    ifname: 'tap0',
    script: 'no',
    downscript: 'no',
  })
})

for (const [vifType, details, code] of [
  ['unbound', {}, 'port_binding_failed'],
  ['binding_failed', {}, 'port_binding_failed'],
  ['ovs', {}, 'vif_type_unsupported'],
  ['stream', {}, 'vif_details_invalid'],
  ['dgram', { host: '127.0.0.1', port: '7' }, 'vif_details_invalid'],
  ['tap', { name: 'a-name-that-is-too-long' }, 'vif_details_invalid'],
] as const) {
  test(`A port that is ${vifType} with ${JSON.stringify(details)} is ${code}`, () => {
    assert.throws(() => bound(vifType, details), { code, terminal: true })
  })
}
