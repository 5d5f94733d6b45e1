import type { Port, Volume } from '../devices-protocol.ts'
import type { BackupResult, PowerState, Progress } from '../jobs-protocol.ts'
import type { Destination, Machine, Moved } from '../migration-protocol.ts'

/** A machine to boot. */
export interface GuestSpec {
  id: string
  name: string
  vcpus: number
  memoryMb: number
  /** GiB; 0: as large as the image. */
  diskGb: number
  /** The image, and its file on this host. */
  image: { id: string; path: string; format: string; virtualSize: number }
  /** What it has besides, from its first start on. */
  volumes: readonly Volume[]
  ports: readonly Port[]
}

export interface BackupOptions {
  operation: string
  /** Bytes a second; 0: unlimited. */
  bandwidth: number
  /** True: the machine has to run; false: the disk of one that has stopped will do. */
  running: boolean
  onProgress: (done: number, total: number) => void
  /** Aborted: the backup is given up, and nothing of it stays. */
  signal: AbortSignal
}

export interface ShutdownOptions {
  /** Time for the guest's system to power itself off; 0: it is ended at once. */
  graceMilliseconds: number
  /** Aborted: the waiting ends, and the guest is not ended. */
  signal: AbortSignal
}

export interface RebootOptions extends ShutdownOptions {
  /** One operation reboots a guest once, however often it asks. */
  operation: string
}

export interface IncomingOptions {
  operation: string
  machine: Machine
  /** See the job `prepare_incoming`. */
  block?: boolean | undefined
  volumes: readonly Volume[]
  ports: readonly Port[]
  /** The image of the disk on this host, asked for when the disk has to be copied; undefined: it cannot be had. */
  image: () => Promise<Pick<GuestSpec['image'], 'path' | 'format'> | undefined>
}

export interface MigrationLimits {
  /** Bytes a second; 0: unlimited. */
  bandwidth?: number | undefined
  /** Milliseconds. */
  downtime?: number | undefined
}

export interface MigrateOptions extends MigrationLimits {
  operation: string
  destination: Destination
  autoConverge: boolean
  postCopy: boolean
  onProgress: (progress: Required<Progress>) => void
  /** Aborted: the machine stays, unless it has left already. */
  signal: AbortSignal
}

export interface FinishOptions {
  operation: string
  /** Whether it is to run. */
  running: boolean
  /** Whether its memory follows it. */
  postCopy: boolean
  /** Aborted: the waiting ends. */
  signal: AbortSignal
}

/** How a machine has arrived. */
export interface Arrival {
  /** Its memory was lost on the way, when there was no way back: it has begun anew from its disk. */
  restarted: boolean
}

/** What the machines run on. */
export interface Hypervisor {
  /** Nova's word for it. */
  type: string
  /** Such as 7002022. */
  version: number
}

/** A finished backup on this host. */
export interface Backup extends Pick<BackupResult, 'console_offset' | 'virtual_size'> {
  path: string
}

/** What an agent needs of a hypervisor. Every call may be repeated: it finds what an earlier one did. */
export interface VirtDriver {
  readonly hypervisor: Hypervisor
  /** Finds the machines that an earlier agent started. */
  adopt(): Promise<void>
  /**
   * Starts a machine, or does nothing if it runs.
   *
   * @throws DriverError `guest_not_started`, `no_free_slot`, and as `attachVolume` and `attachPort` do of what they are given
   */
  boot(spec: GuestSpec): Promise<void>
  /**
   * Powers a machine on that `boot` has made, or does nothing if it runs; a suspended one begins from its disk.
   *
   * @throws DriverError `guest_absent`, `guest_unknown`, `guest_not_started`; not terminal: `monitor_lost`
   */
  start(id: string): Promise<void>
  /**
   * Powers a machine off; its disk and console stay. A paused one is ended at once.
   *
   * @throws DriverError `guest_absent`; not terminal: `guest_not_ended`. The signal's reason
   */
  stop(id: string, options: ShutdownOptions): Promise<void>
  /** Powers a machine off, as `stop` does, and on. @throws as these two do */
  reboot(id: string, options: RebootOptions): Promise<void>
  /**
   * Freezes a machine; one that is paused stays so.
   *
   * @throws DriverError `guest_absent`, `guest_stopped`, `guest_refuses`; not terminal: `monitor_lost`
   */
  pause(id: string): Promise<void>
  /** Lets a paused machine go on; one that runs does. @throws as `pause` does */
  unpause(id: string): Promise<void>
  /**
   * Keeps what a machine has in memory on the host's disk and powers it off; one that is suspended stays so.
   *
   * @throws as `pause` does; DriverError `guest_not_suspended`; the system's error when the disk is full; the signal's
   *   reason. The machine goes on then
   */
  suspend(id: string, signal: AbortSignal): Promise<void>
  /**
   * Lets a suspended machine go on where it was; one that runs does.
   *
   * @throws as `start` and `pause` do; DriverError `guest_not_resumed`, after which it still is suspended
   */
  resume(id: string): Promise<void>
  /**
   * Gives a machine a volume, which it keeps however often it is started; one that runs sees it at once.
   *
   * @throws DriverError `guest_absent`, `guest_unknown`, `guest_suspended`, `guest_stopped`, `guest_refuses`,
   *   `no_free_slot`, `volume_driver_unsupported`, `volume_connection_invalid`, `volume_unreachable`; not terminal:
   *   `share_not_mounted`, `monitor_lost`
   */
  attachVolume(id: string, volume: Volume): Promise<void>
  /**
   * Takes a volume from a machine; the system of one that runs has to let go of it. What it does not have is fine.
   *
   * @throws DriverError `guest_absent`, `guest_unknown`, `guest_suspended`, `guest_stopped`, `guest_refuses`,
   *   `device_detach_failed`, after which the machine still has it; not terminal: `monitor_lost`. The signal's reason
   */
  detachVolume(id: string, volume: string, signal: AbortSignal): Promise<void>
  /**
   * Shows a machine that one of its volumes is larger now; one that is off sees it when it is started.
   *
   * @param size bytes
   * @throws DriverError `guest_absent`, `guest_unknown`, `volume_not_attached`, `guest_refuses`; not terminal: `monitor_lost`
   */
  extendVolume(id: string, volume: string, size: number): Promise<void>
  /**
   * Gives a machine a port, as `attachVolume` does.
   *
   * @throws as `attachVolume` does of the machine; DriverError `port_binding_failed`, `vif_type_unsupported`,
   *   `vif_details_invalid`, `port_not_plugged`
   */
  attachPort(id: string, port: Port): Promise<void>
  /** Takes a port from a machine. @throws as `detachVolume` does */
  detachPort(id: string, port: string, signal: AbortSignal): Promise<void>
  /**
   * A machine that runs, for another host. Only the last description says whether that host has the same storage.
   *
   * @throws DriverError `guest_absent`, `guest_stopped`, `guest_unknown`, `guest_migrating`
   */
  describe(id: string): Promise<Machine>
  /**
   * Gets ready for a machine of another host; it is `absent` here until it is let go on. After an error nothing stays.
   *
   * @throws DriverError `guest_present`, `guest_migrating`, `storage_shared`, `storage_not_shared`, `disk_present`,
   *   `machine_mismatch`, `migration_unprotected`, `guest_not_started`, `guest_refuses`; not terminal: `no_free_port`,
   *   `monitor_lost`
   */
  prepareIncoming(id: string, options: IncomingOptions): Promise<Destination>
  /**
   * Moves a machine to where it is awaited. A migration that runs already for the operation is joined, a finished one is told
   * again. Nothing else changes the machine until it was confirmed or reclaimed.
   *
   * @throws DriverError `guest_absent`, `guest_stopped`, `guest_migrating`, `guest_busy`, `guest_refuses`,
   *   `migration_cancelled`, `migration_failed`, after which the machine is here; not terminal: `monitor_lost`
   */
  migrate(id: string, options: MigrateOptions): Promise<Moved>
  /** Changes a migration that is under way. @throws DriverError `guest_not_migrating` */
  limitMigration(id: string, limits: MigrationLimits): Promise<void>
  /** Brings a migration to its end. @throws DriverError `guest_not_migrating` */
  forceComplete(id: string): Promise<void>
  /**
   * Lets a machine go on that has arrived; one that does already is fine.
   *
   * @throws DriverError `guest_absent`, `guest_stopped`, `migration_failed`; not terminal: `monitor_lost`
   */
  finishMigration(id: string, options: FinishOptions): Promise<Arrival>
  /**
   * Removes a machine that has left, and its disk if that was copied. What is not there is fine.
   *
   * @throws DriverError `guest_not_moved`; not terminal: `guest_not_ended`, `monitor_lost`
   */
  confirmSource(id: string, operation: string): Promise<void>
  /**
   * Removes what was prepared for a machine. What is not there is fine.
   *
   * @throws DriverError `guest_present`: it runs here, or did; not terminal: `guest_not_ended`
   */
  abandonIncoming(id: string, operation: string): Promise<void>
  /**
   * Lets a machine go on that was to be moved, after the other host has given it up.
   *
   * @throws DriverError `guest_absent`, `guest_moved`: it runs at the destination; `guest_refuses`; not terminal: `monitor_lost`
   */
  reclaimSource(id: string, operation: string): Promise<void>
  powerState(id: string): Promise<PowerState>
  list(): Promise<{ id: string; power_state: PowerState }[]>
  /**
   * The end of the serial console's output, 100 KiB at most.
   *
   * @param length lines, an empty one after the last line break included; undefined: all
   */
  console(id: string, length?: number): Promise<string>
  /**
   * A copy of the disk as it is at the start. One that runs already for the operation is joined, a finished one is given
   * again. After an error nothing of it stays but what `monitor_lost` leaves to be joined.
   *
   * @throws DriverError `guest_stopped`, `guest_absent`, `backup_cancelled`, `backup_failed`; not terminal:
   *   `monitor_lost`, `backup_lost`
   */
  backup(id: string, options: BackupOptions): Promise<Backup>
  /** Gives up a backup that runs, removes a finished one; what is not there is fine. */
  forgetBackup(operation: string): Promise<void>
  /** Where a finished backup is. */
  backupPath(operation: string): Promise<string | undefined>
  /** Files of the images that disks of this host are made on. */
  imagesInUse(): Promise<ReadonlySet<string>>
  /** Ends the machine and removes what it had. What is not there is fine. @throws DriverError `guest_not_ended` */
  destroy(id: string): Promise<void>
}

/** The hypervisor could not. */
export class DriverError extends Error {
  readonly code: string
  /** False: the same call may succeed later. */
  readonly terminal: boolean

  constructor(code: string, message: string, options: { terminal?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.name = 'DriverError'
    this.code = code
    this.terminal = options.terminal ?? true
  }
}

export function volumeNotAttached(): DriverError {
  return new DriverError('volume_not_attached', 'the machine does not have the volume')
}
