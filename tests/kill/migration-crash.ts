import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { gapsIn, ticksOf } from '../../tools/devstack/src/guest-image.ts'
import type { End, MigrationCase } from './migration-table.ts'
import type { MovingServer } from './moving-server.ts'
import type { Hosts } from './victim.ts'
import { crashWhileStopped } from './while-stopped.ts'

/** MiB a second with which the machine is on its way for a second or two. */
export const migrationBandwidth = { live: 0.6, block: 1 }

interface Wanted {
  status: 'completed' | 'error'
  at: keyof Hosts
  runs: boolean
}

const ends: Record<End, Wanted> = {
  '+': { status: 'completed', at: 'destination', runs: true },
  O: { status: 'completed', at: 'destination', runs: false },
  B: { status: 'error', at: 'source', runs: true },
  S: { status: 'error', at: 'source', runs: false },
}

/** Moves the server, kills the victim where the table says, and looks at the end. */
export async function crashMigration(server: MovingServer, one: MigrationCase): Promise<void> {
  await server.ready({ volume: true, port: true })
  const source = await server.host()
  const hosts = { source, destination: server.otherHost(source) }
  const { at } = ends[one.end]
  using from = server.console(source)!
  using consoles = new DisposableStack()
  // Of one that is given up there nothing is left to look at later.
  let awaited: ReturnType<MovingServer['console']>
  const look = () => (awaited = consoles.use(server.console(hosts.destination)))
  await crashWhileStopped(
    server,
    { ...one, operation: 'live-migration' },
    hosts,
    () => server.migrate(one.operation),
    look,
  )
  await looksLike(server, ends[one.end], hosts)
  const to = at === 'destination' ? server.wholeConsole(hosts.destination) : (awaited?.read() ?? '')
  if (at === 'source') assert.deepEqual(ticksOf(to), [], 'counts of a machine that was given up')
  assert.equal(gapsIn(ticksOf(`${from.read()}${to}`)), 0, 'counts that are missing or doubled')
}

async function looksLike(server: MovingServer, { status, at, runs }: Wanted, hosts: Hosts): Promise<void> {
  const { cloud } = server
  const here = hosts[at]
  const other = hosts[at === 'source' ? 'destination' : 'source']
  assert.deepEqual(
    { migration: await server.migrationStatus(), host: (await server.host()).host },
    { migration: status, host: here.host },
    String((await server.action()).message),
  )
  const shown = runs ? 'ACTIVE' : 'SHUTOFF'
  await cloud.until(`the server is ${shown}`, async () => (await server.facts()).status === shown)
  assert.equal(server.guests(here).length, runs ? 1 : 0, 'machines where it is')
  // What could not be done at once is done as soon as who was away is back.
  await cloud.until(
    'nothing is left on the other host',
    async () => server.guests(other).length === 0 && !existsSync(server.directory(other)),
  )
  await cloud.until('one attachment, of the host', async () => {
    const { status: volume, hosts: attached } = await server.volumeFacts()
    const attachments = (await server.volumeAttachments()).map((one) => one.status)
    return `${volume} ${attached.join()} ${attachments.join()}` === `in-use ${here.host} attached`
  })
  await cloud.until('one binding, of the host', async () => {
    return (await server.bindings()).join() === `ACTIVE on ${here.host}`
  })
  assert.equal(server.storageDaemons().length, 1, 'storage daemons of the volume')
  await cloud.until('every service is ready', () => cloud.isWhole())
  await cloud.until('the agents have nothing left over', async () => cloud.leftOnHost().length === 0)
  if (!runs) return
  assert.deepEqual((await server.devices(here)).map(kindOf).toSorted(), ['port', 'volume'])
  await server.counts(here)
  assert.equal(server.guests(other).length, 0, 'machines on the other host')
}

function kindOf(device: string): string {
  return device.split('-')[0]!
}
