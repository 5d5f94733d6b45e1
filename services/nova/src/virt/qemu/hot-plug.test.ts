import assert from 'node:assert/strict'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setImmediate as immediate } from 'node:timers/promises'
import { resizeImage, type QmpClient } from '@longhaul/qemu'
import type { Port, Volume } from '../../devices-protocol.ts'
import { Lab } from './fixtures/lab.ts'
import { yieldingBootSector } from './fixtures/yielding-guest.ts'
import { portName } from './netdev.ts'
import { volumeName } from './volume-node.ts'

const forEver = new AbortController().signal
const off = { graceMilliseconds: 0, signal: forEver }
const announced = { initial: 50, max: 50, rounds: 1, step: 50 }
const rarp = 0x8035

/** A switch that a port is connected to, with what comes out of the port. */
async function portTo(t: TestContext, id: string): Promise<{ port: Port; socket: Socket }> {
  const socket = createSocket('udp4')
  t.after(() => socket.close())
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port: number } = socket.address()
  const vif_details = { host: '127.0.0.1', port: number }
  return { port: { id, mac_address: 'fa:16:3e:00:00:01', mtu: 1400, vif_type: 'dgram', vif_details }, socket }
}

/** The devices in the root ports: id and place. */
async function plugged(qmp: QmpClient): Promise<Record<string, number>> {
  interface Device {
    qdev_id: string
    pci_bridge?: { bus: { number: number }; devices?: Device[] }
  }
  const [bus] = await qmp.execute<{ devices: Device[] }[]>('query-pci')
  return Object.fromEntries(
    bus!.devices.flatMap(({ qdev_id: port, pci_bridge: bridge }) =>
      (bridge?.devices ?? []).map((device) => [device.qdev_id, Number(port.slice(2))]),
    ),
  )
}

/** Writes to a volume as the machine would; QEMU tells the end in its log. */
async function write(qmp: QmpClient, volume: string, byte: number): Promise<void> {
  const command = `qemu-io -d /machine/peripheral/${volumeName(volume)}/virtio-backend "write -P ${byte} 0 512"`
  await qmp.execute<string>('human-monitor-command', { 'command-line': command })
}

async function announce(qmp: QmpClient, socket: Socket): Promise<Buffer> {
  const heard = once(socket, 'message')
  await qmp.execute('announce-self', announced)
  return (await heard)[0] as Buffer
}

test('Volumes and ports are in the machine from its first start on, keep their places, and come back at each start', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const server = lab.volumeServer()
  const [one, two] = [await server.volume('v1'), await server.volume('v2')]
  await server.start()
  const { port, socket } = await portTo(t, 'p1')
  const spec = { ...lab.spec(), volumes: [one], ports: [port] }
  const { id } = spec
  await driver.boot(spec)
  await driver.attachVolume(id, two)
  await driver.attachVolume(id, two)
  const places = { [portName('p1')]: 1, [volumeName('v1')]: 2, [volumeName('v2')]: 3 }
  const qmp = await lab.operator(id)
  assert.deepEqual(await plugged(qmp), places)
  const frame = await announce(qmp, socket)
  assert.equal(frame.readUInt16BE(12), rarp)
  assert.equal(frame.subarray(6, 12).toString('hex'), 'fa163e000001')

  await driver.stop(id, off)
  await driver.detachVolume(id, 'v1', forEver)
  await driver.attachVolume(id, { ...one, id: 'v3' })
  await driver.start(id)
  await lab.tick(id, lab.lastTick(id) + 1)
  const again = await lab.operator(id)
  assert.deepEqual(await plugged(again), {
    [portName('p1')]: 1,
    [volumeName('v3')]: 2,
    [volumeName('v2')]: 3,
  })
})

test('A volume server that dies and comes back is waited for by the running machine', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const server = lab.volumeServer()
  const volume = await server.volume('v1')
  await server.start()
  const id = await lab.guest(driver)
  await driver.attachVolume(id, volume)
  const qmp = await lab.operator(id)
  await write(qmp, 'v1', 0x41)
  await server.kill()
  await server.start()
  await write(qmp, 'v1', 0x42)
  await lab.tick(id, lab.lastTick(id) + 1)
  const told = readFileSync(lab.paths(id).errors, 'utf8')
  assert.deepEqual(told.match(/wrote 512\/512 bytes/g)?.length, 2, told)
})

test('A volume that was extended is larger in the running machine at once', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const server = lab.volumeServer()
  const volume = await server.volume('v1')
  await server.start()
  const id = await lab.guest(driver)
  await driver.attachVolume(id, volume)
  const size = 2 ** 22
  // A volume is not resized while it is served.
  await server.kill()
  await resizeImage(server.file('v1'), { size })
  await server.start()
  await driver.extendVolume(id, 'v1', size)
  const nodes = await (
    await lab.operator(id)
  ).execute<{ 'node-name': string; image: { 'virtual-size': number } }[]>('query-named-block-nodes', {
    flat: true,
  })
  const node = nodes.find((one) => one['node-name'] === volumeName('v1'))
  assert.equal(node?.image['virtual-size'], size)
  await assert.rejects(driver.extendVolume(id, 'v2', size), { code: 'volume_not_attached' })
  await driver.stop(id, off)
  await driver.extendVolume(id, 'v1', size)
})

test('A volume server that is away for a moment is waited for when a machine gets the volume', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const server = lab.volumeServer()
  const volume = await server.volume('v1')
  const id = await lab.guest(driver)
  const attaching = driver.attachVolume(id, volume)
  await server.start()
  await attaching
  assert.deepEqual(await plugged(await lab.operator(id)), { [volumeName('v1')]: 1 })
})

test('A machine whose system lets go of a device loses it; one that does not keeps it', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const server = lab.volumeServer()
  const volume = await server.volume('v1')
  await server.start()
  const { port } = await portTo(t, 'p1')
  for (const sector of [yieldingBootSector(), undefined]) {
    const id = await lab.guest(driver, sector)
    await driver.attachVolume(id, volume)
    await driver.attachPort(id, port)
    const qmp = await lab.operator(id)
    assert.equal(Object.keys(await plugged(qmp)).length, 2)
    if (sector) {
      await driver.detachVolume(id, 'v1', forEver)
      await driver.detachPort(id, 'p1', forEver)
      await driver.detachPort(id, 'p1', forEver)
      assert.deepEqual(await plugged(qmp), {})
      const nodes = await qmp.execute<{ 'node-name': string }[]>('query-named-block-nodes')
      assert.ok(!nodes.some((node) => node['node-name'] === volumeName('v1')))
      await driver.attachVolume(id, volume)
      assert.deepEqual(await plugged(qmp), { [volumeName('v1')]: 1 })
    } else {
      await assert.rejects(driver.detachVolume(id, 'v1', forEver), {
        code: 'device_detach_failed',
        terminal: true,
      })
      const reason = new Error('cancelled')
      await assert.rejects(driver.detachVolume(id, 'v1', AbortSignal.abort(reason)), reason)
      assert.ok(volumeName('v1') in (await plugged(qmp)))
      await driver.attachVolume(id, volume)
    }
    await driver.destroy(id)
  }
})

test('A machine that ends while it is to let go of a device has lost it', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const server = lab.volumeServer()
  const volume = await server.volume('v1')
  await server.start()
  const id = await lab.guest(driver)
  await driver.attachVolume(id, volume)
  const { pid } = lab.host().instances.process(id)!
  // It does not answer any more, and ends after it was asked.
  process.kill(pid, 'SIGSTOP')
  const detaching = driver.detachVolume(id, 'v1', forEver)
  await immediate()
  process.kill(pid, 'SIGKILL')
  await detaching
  assert.deepEqual(lab.host().instances.guest(id)!.volumes, [])
})

test('A file on a share is a volume', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const id = await lab.guest(driver)
  const file = join(lab.host().shares.mountPoint('nas:/volumes'), 'volume-v1')
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, Buffer.alloc(2 ** 20))
  const data = { export: 'nas:/volumes', name: 'volume-v1', format: 'raw', options: null }
  await driver.attachVolume(id, { id: 'v1', connection_info: { driver_volume_type: 'nfs', data } })
  await write(await lab.operator(id), 'v1', 0x43)
  assert.deepEqual([...readFileSync(file).subarray(0, 512)], Array<number>(512).fill(0x43))
})

test('What cannot be attached leaves nothing in the machine or its record', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver(undefined, { storageMilliseconds: 100 })
  const server = lab.volumeServer()
  const volume = await server.volume('v1')
  const id = await lab.guest(driver)
  const { port } = await portTo(t, 'p1')
  const unbound = { ...port, vif_type: 'binding_failed' }
  const odd: Volume = { id: 'v2', connection_info: { driver_volume_type: 'rbd', data: {} } }
  await assert.rejects(driver.attachVolume(id, volume), { code: 'volume_unreachable', terminal: true })
  await assert.rejects(driver.attachVolume(id, odd), { code: 'volume_driver_unsupported' })
  await assert.rejects(driver.attachPort(id, unbound), { code: 'port_binding_failed' })
  await assert.rejects(driver.boot({ ...lab.spec(), ports: [unbound] }), { code: 'port_binding_failed' })
  await assert.rejects(driver.attachPort('none', port), { code: 'guest_absent' })
  const { volumes, ports } = lab.host().instances.guest(id)!
  assert.deepEqual({ volumes, ports }, { volumes: [], ports: [] })
  const ids = Array.from({ length: 9 }, (_, index) => `p${index}`)
  for (const one of ids.slice(0, 8)) await driver.attachPort(id, { ...port, id: one })
  await assert.rejects(driver.attachPort(id, { ...port, id: ids[8]! }), { code: 'no_free_slot' })
  await driver.suspend(id, forEver)
  await assert.rejects(driver.detachPort(id, 'p1', forEver), { code: 'guest_suspended' })
  await driver.resume(id)
  await lab.tick(id, lab.lastTick(id) + 1)
})
