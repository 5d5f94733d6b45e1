import { integerOption, stringOption, type OptionTable } from '@longhaul/oslo-config'
import { slotsAtMost } from './devices.ts'

/** `[qemu]` of nova-compute; what Nova has in `[libvirt]` keeps its name. */
export const qemuOptions = {
  accel: stringOption({
    help: 'How machines run: tcg (in software), kvm, or kvm:tcg to fall back.',
    default: 'tcg',
  }),
  machine: stringOption({
    help: 'Machine type of QEMU; a versioned one, so that all hosts agree.',
    default: 'pc-q35-7.2',
  }),
  snapshot_bandwidth: integerOption({
    help: 'Speed of the backup of a running disk at most; 0 is no limit. A new value counts from the next backup on.',
    unit: 'bytes a second',
    default: 0,
    min: 0,
    mutable: true,
  }),
  num_pcie_ports: integerOption({
    help: 'Volumes and ports that a machine can have together. A machine that runs keeps the number it was started with.',
    unit: 'devices',
    default: 16,
    min: 0,
    max: slotsAtMost,
  }),
  device_detach_attempts: integerOption({
    help: "Times that a machine's system is asked to let go of a device.",
    unit: 'attempts',
    default: 8,
    min: 1,
    mutable: true,
  }),
  device_detach_timeout: integerOption({
    help: 'Time that it has for that, each time.',
    unit: 'seconds',
    default: 20,
    min: 1,
    mutable: true,
  }),
  nfs_mount_point_base: stringOption({
    help: 'Directory where the shares of volumes are mounted; by default mnt in the state_path. A share that is mounted there already is used as it is.',
  }),
  nfs_mount_options: stringOption({
    help: 'Options of mount(8) for the shares of volumes, comma-separated.',
    default: '',
  }),
} satisfies OptionTable
