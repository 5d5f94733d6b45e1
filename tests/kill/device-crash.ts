import assert from 'node:assert/strict'
import { hostsOf } from '../../tools/devstack/src/compute-hosts.ts'
import { gapsIn, ticksOf } from '../../tools/devstack/src/guest-image.ts'
import type { DeviceCase, DeviceOperation } from './device-table.ts'
import type { MovingServer } from './moving-server.ts'
import { crashWhileStopped } from './while-stopped.ts'

/** What a port has that is on no host. */
const unbound = 'ACTIVE on '

/** What the server has. */
interface Devices {
  volume: boolean
  port: boolean
}

interface Change {
  before: Devices
  after: Devices
  begin: (server: MovingServer) => Promise<void>
}

const none: Devices = { volume: false, port: false }
const [volume, port]: [Devices, Devices] = [
  { ...none, volume: true },
  { ...none, port: true },
]
const changes: Record<Exclude<DeviceOperation, 'create-server'>, Change> = {
  'attach-volume': { before: none, after: volume, begin: (server) => server.attachVolume() },
  'detach-volume': { before: volume, after: none, begin: (server) => server.detachVolume() },
  'attach-interface': { before: none, after: port, begin: (server) => server.attachPort() },
  'detach-interface': { before: port, after: none, begin: (server) => server.detachPort() },
}

/** Gives the server a device or takes it, or makes it with some, kills the victim where the table says, and looks at the end. */
export async function crashDevice(server: MovingServer, one: DeviceCase): Promise<void> {
  if (one.operation === 'create-server') return await crashCreation(server, one)
  const { before, after, begin } = changes[one.operation]
  await server.ready(before)
  const source = await server.host()
  using console = server.console(source)!
  await crashWhileStopped(server, one, { source, destination: source }, () => begin(server))
  await looksLike(server, one, after)
  assert.equal(gapsIn(ticksOf(console.read())), 0, 'counts that are missing or doubled')
}

async function crashCreation(server: MovingServer, one: DeviceCase): Promise<void> {
  await server.free()
  const [source] = hostsOf(server.cloud.cloud.record)
  const hosts = { source: source!, destination: source! }
  await crashWhileStopped(server, one, hosts, () => server.createWithDevices())
  await looksLike(server, one, { volume: true, port: true })
  assert.equal(gapsIn(ticksOf(server.wholeConsole(source!))), 0, 'counts that are missing or doubled')
}

async function looksLike(server: MovingServer, { end }: DeviceCase, wanted: Devices): Promise<void> {
  const { cloud } = server
  const runs = end === '+'
  const host = await server.host()
  assert.equal((await server.action()).message, null, 'why it failed')
  const shown = runs ? 'ACTIVE' : 'SHUTOFF'
  await cloud.until(`the server is ${shown}`, async () => (await server.facts()).status === shown)
  assert.equal(server.guests(host).length, runs ? 1 : 0, 'machines of the server')
  await cloud.until('every service is ready', () => cloud.isWhole())
  await volumeIs(server, wanted.volume)
  await portIs(server, wanted.port)
  await cloud.until('the agents have nothing left over', async () => cloud.leftOnHost().length === 0)
  if (!runs) return
  const names = (await server.devices(host)).map((name) => name.split('-')[0])
  assert.deepEqual(
    new Set(names),
    new Set([...(wanted.port ? ['port'] : []), ...(wanted.volume ? ['volume'] : [])]),
  )
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
