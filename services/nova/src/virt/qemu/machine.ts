import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { inspectImage } from '@longhaul/qemu'
import type { PowerState } from '../../jobs-protocol.ts'
import type { Machine } from '../../migration-protocol.ts'
import { writeRecord } from '../../record-file.ts'
import { DriverError } from '../driver.ts'
import type { Slotted, StoredDevices } from './devices.ts'
import { guestAbsent, guestStopped, type Host } from './host.ts'
import type { InstancePaths, StoredGuest } from './instance-store.ts'
import { guestUnknown } from './launch.ts'

/** A guest that runs, for another host; the probe beside its disk is a new one each time. */
export async function describe(host: Host, id: string, powerState: PowerState): Promise<Machine> {
  const { instances } = host
  if (!instances.exists(id)) throw guestAbsent()
  if (!host.search(id)) throw guestStopped()
  const guest = instances.guest(id)
  if (!guest) throw guestUnknown()
  const paths = instances.paths(id)
  const { virtualSize, backingFile } = await inspectImage(paths.disk)
  const probe = randomUUID()
  writeRecord(paths.probe, { probe })
  const { machine, slots } = guest.hardware ?? { machine: host.settings.machine, slots: 0 }
  return {
    name: guest.name,
    vcpus: guest.vcpus,
    memory_mb: guest.memoryMb,
    machine,
    slots,
    image: guest.image,
    power_state: powerState === 'running' ? 'running' : 'paused',
    disk: { virtual_size: virtualSize, backed: backingFile !== undefined, probe },
    volumes: guest.volumes.map(({ id: volume, slot }) => ({ id: volume, slot })),
    ports: guest.ports.map(({ id: port, slot }) => ({ id: port, slot })),
  }
}

/** Whether this host has the disk of a guest that another host has described. */
export function hasDiskOf({ probe }: Pick<InstancePaths, 'probe'>, machine: Machine): boolean {
  try {
    return (JSON.parse(readFileSync(probe, 'utf8')) as { probe?: unknown }).probe === machine.disk.probe
  } catch {
    return false
  }
}

/**
 * What a guest of another host is started with here: its devices, connected as this host reaches them, where they were.
 *
 * @throws DriverError `machine_mismatch`: a device has no place, or a place has none
 */
export function guestOf(
  machine: Machine,
  devices: { [K in keyof StoredDevices]: readonly Omit<StoredDevices[K][number], 'slot'>[] },
): StoredGuest {
  return {
    name: machine.name,
    vcpus: machine.vcpus,
    memoryMb: machine.memory_mb,
    image: machine.image,
    hardware: { machine: machine.machine, slots: machine.slots },
    volumes: placed(devices.volumes, machine.volumes),
    ports: placed(devices.ports, machine.ports),
  }
}

function placed<T extends { id: string }>(items: readonly T[], places: Machine['ports']): (T & Slotted)[] {
  const slots = new Map(places.map(({ id, slot }) => [id, slot]))
  const found = items.map((item) => ({ ...item, slot: slots.get(item.id) ?? 0 }))
  if (found.length === slots.size && found.every(({ slot }) => slot > 0)) return found
  throw new DriverError(
    'machine_mismatch',
    'the machine has other volumes or ports than those to be connected',
  )
}
