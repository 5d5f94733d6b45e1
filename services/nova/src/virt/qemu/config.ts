import { integerOption, portOption, stringOption, type OptionTable } from '@longhaul/oslo-config'
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
  live_migration_inbound_addr: stringOption({
    help: 'Address where machines that are migrated to this host are awaited; by default that of public_url, or of the listener. One that is not on loopback needs migrate_tls_x509_cert_dir.',
  }),
  migration_port_min: portOption({ help: 'First port for migrations to this host.', default: 49152 }),
  migration_port_max: portOption({
    help: 'Last port for migrations to this host. A migration takes one, and another one if the disk is copied.',
    default: 49215,
  }),
  migrate_tls_x509_cert_dir: stringOption({
    help: 'Directory with ca-cert.pem, server-cert.pem, server-key.pem, client-cert.pem and client-key.pem: migrations are encrypted, and both hosts have to be of that authority.',
  }),
  nfs_mount_point_base: stringOption({
    help: 'Directory where the shares of volumes are mounted; by default mnt in the state_path. A share that is mounted there already is used as it is.',
  }),
  nfs_mount_options: stringOption({
    help: 'Options of mount(8) for the shares of volumes, comma-separated.',
    default: '',
  }),
} satisfies OptionTable
