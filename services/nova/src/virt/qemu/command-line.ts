import type { GuestSpec } from '../driver.ts'
import { inputDescriptor } from './process.ts'

/** Host settings that a guest's command line depends on. */
export interface QemuSettings {
  /** `tcg`, `kvm` or `kvm:tcg`. */
  accel: string
  /** A versioned machine type, so that a guest is the same on every host. */
  machine: string
}

/** The disk's node inside QEMU. */
export const diskNode = 'disk0'

/**
 * Monitors, relative to the guest's directory, where QEMU is started: a socket's path has at most 107 bytes, however long
 * the directory's is. QEMU serves one client a socket: the first one is the agent's, the second one is for people.
 */
export const monitorSockets = { agent: 'qmp', operator: 'qmp-operator' } as const

/**
 * QEMU's arguments for a guest. Nothing secret: every user of the host can read them.
 *
 * @param from.memory the guest goes on with the memory that it reads first, once it is let
 */
export function commandLine(
  spec: Pick<GuestSpec, 'id' | 'vcpus' | 'memoryMb'>,
  paths: { disk: string; console: string },
  settings: QemuSettings,
  from: { memory?: boolean } = {},
): string[] {
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
    `guest=${spec.id}`,
    '-uuid',
    spec.id,
    ...settings.accel.split(':').flatMap((accel) => ['-accel', accel]),
    '-machine',
    settings.machine,
    '-smp',
    String(spec.vcpus),
    '-m',
    String(spec.memoryMb),
    // Not `-serial file:`: that empties the file when the guest is started again.
    '-chardev',
    `file,id=console0,path=${paths.console.replaceAll(',', ',,')},append=on`,
    '-serial',
    'chardev:console0',
    '-qmp',
    `unix:${monitorSockets.agent},server=on,wait=off`,
    '-qmp',
    `unix:${monitorSockets.operator},server=on,wait=off`,
    '-blockdev',
    JSON.stringify(disk),
    '-device',
    `virtio-blk-pci,drive=${diskNode},id=vda`,
    ...(from.memory ? ['-S', '-incoming', `fd:${inputDescriptor}`] : []),
  ]
}

/** Whether a process with these arguments has the disk open: it is the guest, whoever started it. */
export function usesDisk(args: readonly string[], disk: string): boolean {
  const name = `"filename":${JSON.stringify(disk)}`
  return args.some((arg) => arg.includes(name))
}
