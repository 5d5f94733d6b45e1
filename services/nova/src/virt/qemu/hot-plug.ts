// Volumes and ports of guests. What is in a guest's record is in the guest, at the latest when it is started the next time.
import { setTimeout as delay } from 'node:timers/promises'
import { QmpError, type QmpClient } from '@longhaul/qemu'
import type { Port, Volume } from '../../devices-protocol.ts'
import { DriverError } from '../driver.ts'
import { noFreeSlot, portPlug, volumePlug, withSlots, type Plug, type Slotted } from './devices.ts'
import { guestAbsent, type Host } from './host.ts'
import type { StoredGuest } from './instance-store.ts'
import { guestUnknown, reachVolumes } from './launch.ts'
import { portName } from './netdev.ts'
import { isRefusal } from './qmp-waiting.ts'
import { hasDevice, unplug } from './unplug.ts'
import { volumeName } from './volume-node.ts'

const removeTries = 50
const removeMilliseconds = 100

/** What differs between volumes and ports. */
interface Kind<T extends { id: string }> {
  of(guest: StoredGuest): (T & Slotted)[]
  with(guest: StoredGuest, items: (T & Slotted)[]): StoredGuest
  /** Device and what is behind it. */
  name(id: string): string
  plug(item: T & Slotted, host: Host): Plug
  /** What QEMU's refusal to open what is behind the device means. */
  unreachable: Refusal
}

interface Refusal {
  code: string
  message: string
}

const volumes: Kind<Volume> = {
  of: (guest) => guest.volumes,
  with: (guest, items) => ({ ...guest, volumes: items }),
  name: volumeName,
  plug: (volume, host) => volumePlug(volume, host.devices),
  unreachable: { code: 'volume_unreachable', message: 'the host cannot open the volume' },
}

const ports: Kind<Port> = {
  of: (guest) => guest.ports,
  with: (guest, items) => ({ ...guest, ports: items }),
  name: portName,
  plug: (port, host) => portPlug(port, host.devices),
  unreachable: { code: 'port_not_plugged', message: 'the host cannot reach the network of the port' },
}

/** Gives a guest a volume; into one that runs it is plugged. */
export async function attachVolume(host: Host, id: string, volume: Volume): Promise<void> {
  await reachVolumes(host, { volumes: [volume] })
  await attach(host, id, volumes, volume)
}

/** Gives a guest a port; into one that runs it is plugged. */
export async function attachPort(host: Host, id: string, port: Port): Promise<void> {
  await attach(host, id, ports, port)
}

/** Takes a volume from a guest, whose system has to let go of it if it runs. */
export async function detachVolume(
  host: Host,
  id: string,
  volume: string,
  signal: AbortSignal,
): Promise<void> {
  await detach(host, id, volumes, volume, signal)
}

/** Takes a port from a guest, whose system has to let go of it if it runs. */
export async function detachPort(host: Host, id: string, port: string, signal: AbortSignal): Promise<void> {
  await detach(host, id, ports, port, signal)
}

async function attach<T extends { id: string }>(
  host: Host,
  id: string,
  kind: Kind<T>,
  item: T,
): Promise<void> {
  const { instances, settings, logger } = host
  const guest = changeable(host, id)
  const known = kind.of(guest).find((one) => one.id === item.id)
  const process = host.search(id)
  // One that is off will be started with the places of the host's settings.
  const slots = process ? (guest.hardware?.slots ?? 0) : settings.num_pcie_ports
  const [placed] = known ? [{ ...item, slot: known.slot }] : withSlots([item], guest, slots)
  if (process && placed!.slot > slots) throw noFreeSlot()
  const plug = kind.plug(placed!, host)
  // Written first: whatever happens then, detaching finds it.
  instances.setGuest(id, kind.with(guest, [...without(kind.of(guest), item.id), placed!]))
  if (!process) return
  try {
    await whileItRuns(host, id, (qmp) => plugIn(qmp, plug, kind.unreachable))
  } catch (error) {
    if (error instanceof DriverError && error.code !== 'monitor_lost') instances.setGuest(id, guest)
    throw error
  }
  logger.info({ server: id, device: item.id }, 'device attached')
}

async function detach<T extends { id: string }>(
  host: Host,
  id: string,
  kind: Kind<T>,
  item: string,
  signal: AbortSignal,
): Promise<void> {
  const { instances, settings, logger } = host
  const guest = changeable(host, id)
  if (!kind.of(guest).some((one) => one.id === item)) return
  if (host.search(id)) {
    await whileItRuns(host, id, async (qmp) => {
      await unplug(qmp, kind.name(item), settings, signal)
      await removeBackend(qmp, kind.name(item))
    })
  }
  instances.setGuest(id, kind.with(guest, without(kind.of(guest), item)))
  logger.info({ server: id, device: item }, 'device detached')
}

/** A guest that ends meanwhile is off: its record says what it has at the next start. */
async function whileItRuns(host: Host, id: string, work: (qmp: QmpClient) => Promise<void>): Promise<void> {
  try {
    await host.withMonitor(id, work)
  } catch (error) {
    if (!(error instanceof DriverError) || error.code !== 'guest_stopped') throw error
  }
}

/** What a suspended guest has in memory knows its devices. */
function changeable({ instances }: Host, id: string): StoredGuest {
  if (!instances.exists(id)) throw guestAbsent()
  const guest = instances.guest(id)
  if (!guest) throw guestUnknown()
  if (instances.isSuspended(id)) throw new DriverError('guest_suspended', 'the guest is suspended')
  return guest
}

/** Does what of it was not done before. */
async function plugIn(qmp: QmpClient, { backend, device }: Plug, unreachable: Refusal): Promise<void> {
  const { id, ...rest } = device
  if (await hasDevice(qmp, id)) return
  await removeBackend(qmp, backend.name)
  try {
    await qmp.execute(backend.command, backend.options)
  } catch (cause) {
    if (!isRefusal(cause)) throw cause
    throw new DriverError(unreachable.code, unreachable.message, { cause })
  }
  try {
    await qmp.execute('device_add', { id, ...rest })
  } catch (error) {
    if (error instanceof QmpError && error.code === 'qmp_command_failed')
      await removeBackend(qmp, backend.name)
    throw error
  }
}

/** Lets go of what was behind a device. What is not there is fine. */
async function removeBackend(qmp: QmpClient, name: string): Promise<void> {
  for (let left = removeTries; await hasNode(qmp, name); left--) {
    try {
      await qmp.execute('blockdev-del', { 'node-name': name })
    } catch (error) {
      // A device that is gone holds on to it for a moment.
      if (left === 1 || !isRefusal(error)) throw error
      await delay(removeMilliseconds)
    }
  }
  try {
    await qmp.execute('netdev_del', { id: name })
  } catch (error) {
    if (!(error instanceof QmpError) || error.class !== 'DeviceNotFound') throw error
  }
}

async function hasNode(qmp: QmpClient, name: string): Promise<boolean> {
  const nodes = await qmp.execute<{ 'node-name': string }[]>('query-named-block-nodes', { flat: true })
  return nodes.some((node) => node['node-name'] === name)
}

function without<T extends { id: string }>(items: T[], id: string): T[] {
  return items.filter((item) => item.id !== id)
}
