import { closeSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createImage, QmpError, type QmpClient } from '@longhaul/qemu'
import type { Volume } from '../../devices-protocol.ts'
import { moveIntoPlace } from '../../record-file.ts'
import { DriverError, type GuestSpec } from '../driver.ts'
import { dropUnfinished } from './backup.ts'
import { commandLine, monitorSockets, type MemorySource } from './command-line.ts'
import { highestSlot, plugsOf } from './devices.ts'
import { silenceOf, type Host } from './host.ts'
import type { StoredGuest, StoredHardware } from './instance-store.ts'
import { endGuest, startGuest, type GuestProcess } from './process.ts'
import { untilServed } from './storage-server.ts'
import { nbdServer, nfsShare } from './volume-node.ts'

const gibibyte = 2 ** 30
const startMilliseconds = 10_000
/** What a slow disk gives when a guest's memory is read from it. */
const slowBytesPerMillisecond = 20_000

/** The guest's disk, on top of the image; made once, complete or not at all. */
export async function makeFirstDisk(path: string, { image, diskGb }: GuestSpec): Promise<void> {
  if (statSync(path, { throwIfNoEntry: false })) return
  await makeDisk(path, Math.max(image.virtualSize, diskGb * gibibyte), image)
}

/** A disk with nothing on it but what is in the file below. @param size bytes that the guest sees */
export async function makeDisk(
  path: string,
  size: number,
  backing: { path: string; format: string } | undefined,
): Promise<void> {
  const unfinished = `${path}.new`
  const below = backing && { backing: { path: backing.path, format: backing.format } }
  await createImage(unfinished, { format: 'qcow2', size, ...below })
  await moveIntoPlace(unfinished, path)
}

/**
 * Starts a guest that has no process and waits for its greeting.
 *
 * @param options.memory start with what it had in memory, paused
 * @param options.incoming start with nothing, and wait for what is sent
 * @throws DriverError `guest_not_started`; `guest_unknown` when nobody wrote down what it is started with; not terminal:
 *   `share_not_mounted`
 */
export async function launch(host: Host, id: string, options: MemorySource = {}): Promise<void> {
  const { instances, monitors, backups, logger } = host
  const began = performance.now()
  const paths = instances.paths(id)
  const guest = instances.guest(id)
  if (!guest) throw guestUnknown()
  monitors.close(id)
  for (const socket of Object.values(monitorSockets)) rmSync(join(paths.directory, socket), { force: true })
  await dropUnfinished(backups, id)
  await reachVolumes(host, guest)
  if (!options.memory) instances.forgetMemory(id)
  const hardware = hardwareOf(host, guest, options)
  instances.setGuest(id, { ...guest, hardware })
  const memory = options.memory ? openSync(paths.memory, 'r') : undefined
  const patience =
    startMilliseconds + (memory === undefined ? 0 : statSync(paths.memory).size) / slowBytesPerMillisecond
  const plugs = plugsOf(guest, host.devices)
  const args = commandLine({ id, ...guest, hardware, plugs }, paths, host.settings, options)
  let process: GuestProcess | undefined
  try {
    const started = await startGuest(host.program, args, { ...paths, input: memory })
    process = started.process
    instances.remember(id, process)
    const failed = started.ended.then(() => Promise.reject(new Error('QEMU has ended')))
    await Promise.race([monitors.get(id, patience), failed])
  } catch (cause) {
    monitors.close(id)
    if (process) await endGuest(process)
    throw new DriverError('guest_not_started', `QEMU did not start: ${endOf(paths.errors)}`, { cause })
  } finally {
    if (memory !== undefined) closeSync(memory)
  }
  const ms = Math.round(performance.now() - began)
  logger.info({ server: id, image: guest.image, process: process.pid, ms }, 'guest started')
}

/** Makes the files of a guest's volumes reachable, and waits a while for who serves them. @throws as Shares.mount */
export async function reachVolumes(host: Host, { volumes }: { volumes: readonly Volume[] }): Promise<void> {
  for (const { connection_info: connection } of volumes) {
    const share = nfsShare(connection)
    if (share) await host.shares.mount(share)
    const server = nbdServer(connection)
    if (server) await untilServed(server, host.storageMilliseconds)
  }
}

/** A guest that begins anew gets what the host's settings say; what has been in use before in places stays usable. */
function hardwareOf({ settings }: Host, guest: StoredGuest, from: MemorySource): StoredHardware {
  const { machine, num_pcie_ports: ports } = settings
  if (from.memory || from.incoming) return guest.hardware ?? { machine, slots: 0 }
  return { machine, slots: Math.max(ports, highestSlot(guest)) }
}

export function guestUnknown(): DriverError {
  return new DriverError('guest_unknown', 'nothing is known of the guest but its disk')
}

/**
 * Whether a guest's process works: an agent that died may have started one that ended at once.
 *
 * @throws DriverError, not terminal: `monitor_lost`
 */
export async function answers(host: Host, id: string, process: GuestProcess): Promise<QmpClient | undefined> {
  try {
    return await host.monitors.get(id, startMilliseconds)
  } catch (error) {
    if (!(error instanceof QmpError)) throw error
    const why = await silenceOf(process, error)
    if (why.terminal) return undefined
    throw why
  }
}

/** The last things that QEMU said. */
export function endOf(file: string): string {
  return readFileSync(file, 'utf8').trim().split('\n').slice(-3).join(' ') || 'no message'
}
