import assert from 'node:assert/strict'
import { gapsIn, ticksOf } from '../../tools/devstack/src/guest-image.ts'
import type { DeviceCase, DeviceOperation } from './device-table.ts'
import type { MovingServer } from './moving-server.ts'
import { crashWhileStopped } from './while-stopped.ts'

/** What a port has that is on no host. */
const unbound = 'ACTIVE on '

interface Wanted {
  device: 'volume' | 'port'
  attached: boolean
  begin: (server: MovingServer) => Promise<void>
}

const operations: Record<DeviceOperation, Wanted> = {
  'attach-volume': { device: 'volume', attached: true, begin: (server) => server.attachVolume() },
  'detach-volume': { device: 'volume', attached: false, begin: (server) => server.detachVolume() },
  'attach-interface': { device: 'port', attached: true, begin: (server) => server.attachPort() },
  'detach-interface': { device: 'port', attached: false, begin: (server) => server.detachPort() },
}

/** Gives the server a device or takes it, kills the victim where the table says, and looks at the end. */
export async function crashDevice(server: MovingServer, one: DeviceCase): Promise<void> {
  const { device, attached, begin } = operations[one.operation]
  await server.ready({ volume: false, port: false, [device]: !attached })
  const source = await server.host()
  using console = server.console(source)!
  await crashWhileStopped(server, one, { source, destination: source }, () => begin(server))
  await looksLike(server, one, { device, attached })
  assert.equal(gapsIn(ticksOf(console.read())), 0, 'counts that are missing or doubled')
}

async function looksLike(
  server: MovingServer,
  { end }: DeviceCase,
  { device, attached }: Pick<Wanted, 'device' | 'attached'>,
): Promise<void> {
  const { cloud } = server
  const runs = end === '+'
  const host = await server.host()
  assert.equal((await server.action()).message, null, 'why it failed')
  const shown = runs ? 'ACTIVE' : 'SHUTOFF'
  await cloud.until(`the server is ${shown}`, async () => (await server.facts()).status === shown)
  assert.equal(server.guests(host).length, runs ? 1 : 0, 'machines of the server')
  await cloud.until('every service is ready', () => cloud.isWhole())
  await (device === 'volume' ? volumeIs(server, attached) : portIs(server, attached))
  await cloud.until('the agents have nothing left over', async () => cloud.leftOnHost().length === 0)
  if (!runs) return
  const names = (await server.devices(host)).map((name) => name.split('-')[0])
  assert.deepEqual(names, attached ? [device] : [])
  await server.counts(host)
}

async function volumeIs(server: MovingServer, attached: boolean): Promise<void> {
  const { status } = await server.volumeFacts()
  const attachments = (await server.volumeAttachments()).map((one) => one.status)
  assert.deepEqual(
    { status, attachments, listed: await server.hasVolume() },
    attached
      ? { status: 'in-use', attachments: ['attached'], listed: true }
      : { status: 'available', attachments: [], listed: false },
  )
  assert.equal(server.storageDaemons().length, attached ? 1 : 0, 'storage daemons of the volume')
}

async function portIs(server: MovingServer, attached: boolean): Promise<void> {
  const { host } = await server.host()
  const found = {
    holder: await server.holder(),
    bindings: (await server.bindings()).filter((one) => one !== unbound),
    listed: await server.hasPort(),
  }
  const wanted = attached
    ? { holder: server.id, bindings: [`ACTIVE on ${host}`], listed: true }
    : { holder: '', bindings: [], listed: false }
  assert.deepEqual(found, wanted)
}
