import { rootPorts, type Plug } from './devices.ts'
import type { StoredGuest, StoredHardware } from './instance-store.ts'
import { inputDescriptor } from './process.ts'

/** Host settings that a guest's command line depends on. */
export interface QemuSettings {
  /** `tcg`, `kvm` or `kvm:tcg`. */
  accel: string
  /** A versioned machine type, so that a guest is the same on every host. */
  machine: string
  /** Volumes and ports that a guest can have; one that runs keeps the number it was started with. */
  num_pcie_ports: number
}

/** The disk's node inside QEMU. */
export const diskNode = 'disk0'

/**
 * Monitors, relative to the guest's directory, where QEMU is started: a socket's path has at most 107 bytes, however long
 * the directory's is. QEMU serves one client a socket: the first one is the agent's, the second one is for people.
 */
export const monitorSockets = { agent: 'qmp', operator: 'qmp-operator' } as const

/** What a guest is made of. */
export interface MachineParts extends Pick<StoredGuest, 'vcpus' | 'memoryMb'> {
  id: string
  hardware: StoredHardware
  /** Its volumes and ports. */
  plugs: readonly Plug[]
}

/** Where a guest's memory comes from; a guest that has one goes on once it is let. */
export interface MemorySource {
  /** A file, which QEMU reads first. */
  memory?: boolean
  /** Another QEMU, once it is told where to listen. */
  incoming?: boolean
}

/** QEMU's arguments for a guest. Nothing secret: every user of the host can read them. */
export function commandLine(
  parts: MachineParts,
  paths: { disk: string; console: string },
  { accel: accelerators }: Pick<QemuSettings, 'accel'>,
  from: MemorySource = {},
): string[] {
  const { id, hardware } = parts
  const disk = {
    driver: 'qcow2',
    'node-name': diskNode,
    discard: 'unmap',
    'detect-zeroes': 'unmap',
    file: { driver: 'file', filename: paths.disk },
  }
  return [
    '-nodefaults',
    '-no-user-config',
    '-display',
    'none',
    '-name',
    `guest=${id}`,
    '-uuid',
    id,
    ...accelerators.split(':').flatMap((accel) => ['-accel', accel]),
    '-machine',
    hardware.machine,
    '-smp',
    String(parts.vcpus),
    '-m',
    String(parts.memoryMb),
    // Not `-serial file:`: that empties the file when the guest is started again.
    '-chardev',
    consoleArgument(paths.console),
    '-serial',
    'chardev:console0',
    '-qmp',
    `unix:${monitorSockets.agent},server=on,wait=off`,
    '-qmp',
    `unix:${monitorSockets.operator},server=on,wait=off`,
    '-blockdev',
    JSON.stringify(disk),
    '-device',
    // Of all disks it is the one that is started from.
    JSON.stringify({ driver: 'virtio-blk-pci', drive: diskNode, id: 'vda', addr: '1', bootindex: 0 }),
    ...rootPorts(hardware.slots).flatMap((port) => ['-device', JSON.stringify(port)]),
    ...parts.plugs.flatMap(plugArguments),
    ...(from.memory ? ['-S', '-incoming', `fd:${inputDescriptor}`] : []),
    ...(from.incoming ? ['-S', '-incoming', 'defer'] : []),
  ]
}

function plugArguments({ backend, device }: Plug): string[] {
  const option = backend.command === 'blockdev-add' ? '-blockdev' : '-netdev'
  return [option, JSON.stringify(backend.options), '-device', JSON.stringify(device)]
}

/**
 * Whether a process with these arguments is the guest, whichever agent of this host started it. Another host's may have the
 * same disk, and run on the same machine.
 */
export function runsGuest(
  args: readonly string[],
  { disk, console }: { disk: string; console: string },
): boolean {
  const name = `"filename":${JSON.stringify(disk)}`
  return args.some((arg) => arg.includes(name)) && args.includes(consoleArgument(console))
}

function consoleArgument(path: string): string {
  return `file,id=console0,path=${path.replaceAll(',', ',,')},append=on`
}
