import type { Logger } from '@longhaul/oslo/log'
import { QmpError, type QmpClient } from '@longhaul/qemu'
import { DriverError } from '../driver.ts'
import type { BackupStore } from './backup-store.ts'
import { runsGuest, type QemuSettings } from './command-line.ts'
import type { InstanceStore } from './instance-store.ts'
import type { DetachSettings } from './unplug.ts'
import type { DeviceSettings } from './devices.ts'
import type { ChannelSettings } from './migration-channel.ts'
import type { Monitors } from './monitors.ts'
import { findProcess, runsWith, untilGone, type GuestProcess } from './process.ts'
import type { Shares } from './shares.ts'

const exitMilliseconds = 500

/** What the agent's configuration says of guests. */
export type HostSettings = QemuSettings & DetachSettings & ChannelSettings

export interface HostParts {
  instances: InstanceStore
  backups: BackupStore
  monitors: Monitors
  shares: Shares
  settings: HostSettings
  inboundAddress: string
  /** How long who serves a volume may be away when a guest is given it. */
  storageMilliseconds: number
  /** QEMU's program. */
  program: string
  /** QEMU's version, such as 7002022. */
  version: number
  logger: Logger
}

/** The guests of one host: their files, their processes and the connections to these. */
export class Host {
  readonly instances: InstanceStore
  readonly backups: BackupStore
  readonly monitors: Monitors
  readonly shares: Shares
  readonly settings: HostSettings
  /** Where guests of other hosts are awaited. */
  readonly inboundAddress: string
  readonly storageMilliseconds: number
  readonly program: string
  readonly logger: Logger
  readonly devices: DeviceSettings

  constructor(parts: HostParts) {
    const { shares, version } = parts
    this.instances = parts.instances
    this.backups = parts.backups
    this.monitors = parts.monitors
    this.shares = shares
    this.settings = parts.settings
    this.inboundAddress = parts.inboundAddress
    this.storageMilliseconds = parts.storageMilliseconds
    this.program = parts.program
    this.logger = parts.logger
    this.devices = { version, mountPoint: (share) => shares.mountPoint(share) }
  }

  /** The guest's process as it was written down, if it lives. */
  process(id: string): GuestProcess | undefined {
    const known = this.instances.process(id)
    const paths = this.instances.paths(id)
    return known && runsWith(known, (args) => runsGuest(args, paths)) ? known : undefined
  }

  /** Also one that was not written down: the agent may have died just then. */
  search(id: string): GuestProcess | undefined {
    const known = this.process(id)
    if (known || !this.instances.exists(id)) return known
    const paths = this.instances.paths(id)
    const found = findProcess((args) => runsGuest(args, paths))
    if (found) this.instances.remember(id, found)
    return found
  }

  /**
   * Works with the monitor of a guest that must run.
   *
   * @throws DriverError `guest_absent`, `guest_stopped`, `guest_refuses` when QEMU says no; not terminal: `monitor_lost`
   */
  async withMonitor<T>(id: string, work: (qmp: QmpClient, process: GuestProcess) => Promise<T>): Promise<T> {
    const process = this.search(id)
    if (!process) throw this.instances.exists(id) ? guestStopped() : guestAbsent()
    try {
      return await work(await this.monitors.get(id), process)
    } catch (error) {
      if (!(error instanceof QmpError)) throw error
      if (error.code !== 'qmp_command_failed') throw await silenceOf(process, error)
      throw new DriverError('guest_refuses', `QEMU refuses: ${error.message}`, { cause: error })
    }
  }
}

/** Why a guest's monitor does not answer: with the guest it is gone for good. */
export async function silenceOf(process: GuestProcess, cause: unknown): Promise<DriverError> {
  return (await untilGone(process, exitMilliseconds)) ? guestStopped(cause) : monitorLost(cause)
}

export function guestAbsent(): DriverError {
  return new DriverError('guest_absent', 'the guest is not on this host')
}

export function guestStopped(cause?: unknown): DriverError {
  return new DriverError('guest_stopped', 'the guest does not run', { cause })
}

export function monitorLost(cause: unknown): DriverError {
  return new DriverError('monitor_lost', 'QEMU does not answer', { cause, terminal: false })
}
