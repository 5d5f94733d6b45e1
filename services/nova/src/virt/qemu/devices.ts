// The volumes and ports of a guest as devices: one root port of the machine's PCI Express bus for each.
import type { Port, Volume } from '../../devices-protocol.ts'
import { DriverError } from '../driver.ts'
import { netdev, portName } from './netdev.ts'
import { volumeName, volumeNode } from './volume-node.ts'

/** What has a place in the machine; it keeps it for life, on every host. */
export interface Slotted {
  /** From 1. */
  slot: number
}

/** A volume or port that a guest has. */
export interface StoredDevices {
  volumes: (Volume & Slotted)[]
  ports: (Port & Slotted)[]
}

/** What QEMU needs to know before it can make the node of a volume or the backend of a port. */
export interface DeviceSettings {
  mountPoint: (share: string) => string
  /** QEMU's version, such as 7002022. */
  version: number
}

/** What is behind a device, by the command that makes it, and the device. */
export interface Plug {
  backend: { command: 'blockdev-add' | 'netdev_add'; name: string; options: object }
  device: { id: string } & Record<string, unknown>
}

// The guest's own disk has the first address of the bus.
const firstAddress = 2
const functionsPerAddress = 8
/** As many as have addresses without getting in the way of the chipset. @see openstack/nova, [libvirt] num_pcie_ports */
export const slotsAtMost = 28

/** Root ports into which devices can be plugged while the guest runs. */
export function rootPorts(count: number): object[] {
  return Array.from({ length: count }, (_, index) => {
    const [address, place] = [
      firstAddress + Math.floor(index / functionsPerAddress),
      index % functionsPerAddress,
    ]
    return {
      driver: 'pcie-root-port',
      id: rootPort(index + 1),
      chassis: index + 1,
      bus: 'pcie.0',
      addr: `${address.toString(16)}.${place}`,
      ...(place === 0 ? { multifunction: true } : {}),
    }
  })
}

export function volumePlug(volume: Volume & Slotted, { mountPoint }: DeviceSettings): Plug {
  const name = volumeName(volume.id)
  return {
    backend: { command: 'blockdev-add', name, options: volumeNode(volume, mountPoint) },
    device: {
      driver: 'virtio-blk-pci',
      id: name,
      bus: rootPort(volume.slot),
      drive: name,
      serial: volume.id,
    },
  }
}

export function portPlug(port: Port & Slotted, { version }: DeviceSettings): Plug {
  const name = portName(port.id)
  return {
    backend: { command: 'netdev_add', name, options: netdev(port, version) },
    device: {
      driver: 'virtio-net-pci',
      id: name,
      bus: rootPort(port.slot),
      netdev: name,
      mac: port.mac_address,
      ...(port.mtu === undefined ? {} : { host_mtu: port.mtu }),
    },
  }
}

/** Everything that a guest has beside its own disk, in the order of the places. */
export function plugsOf({ volumes, ports }: StoredDevices, settings: DeviceSettings): Plug[] {
  const all = [
    ...volumes.map((volume) => ({ slot: volume.slot, plug: volumePlug(volume, settings) })),
    ...ports.map((port) => ({ slot: port.slot, plug: portPlug(port, settings) })),
  ]
  return all.toSorted((one, other) => one.slot - other.slot).map(({ plug }) => plug)
}

/** Gives places to devices that have none. @throws DriverError `no_free_slot` */
export function withSlots<T extends object>(
  items: readonly T[],
  taken: StoredDevices,
  slots: number,
): (T & Slotted)[] {
  const free = freeSlots(taken, slots)
  return items.map((item) => {
    const slot = free.shift()
    if (slot === undefined) throw noFreeSlot()
    return { ...item, slot }
  })
}

/** The highest place that is taken; 0: none. */
export function highestSlot({ volumes, ports }: StoredDevices): number {
  return Math.max(0, ...[...volumes, ...ports].map(({ slot }) => slot))
}

function freeSlots({ volumes, ports }: StoredDevices, slots: number): number[] {
  const taken = new Set([...volumes, ...ports].map(({ slot }) => slot))
  return Array.from({ length: slots }, (_, index) => index + 1).filter((slot) => !taken.has(slot))
}

export function noFreeSlot(): DriverError {
  return new DriverError('no_free_slot', 'the machine has no place left for another device')
}

function rootPort(slot: number): string {
  return `rp${slot}`
}
