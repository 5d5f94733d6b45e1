import { setTimeout as delay } from 'node:timers/promises'
import { inspectImage, QmpError } from '@longhaul/qemu'
import { Turns } from '@longhaul/oslo/concurrency'
import type { Logger } from '@longhaul/oslo/log'
import type { Port, Volume } from '../../devices-protocol.ts'
import type { PowerState } from '../../jobs-protocol.ts'
import type { Destination, Machine, Moved } from '../../migration-protocol.ts'
import {
  DriverError,
  type Arrival,
  type Backup,
  type BackupOptions,
  type FinishOptions,
  type GuestSpec,
  type Hypervisor,
  type IncomingOptions,
  type MigrateOptions,
  type MigrationLimits,
  type RebootOptions,
  type ShutdownOptions,
  type VirtDriver,
} from '../driver.ts'
import { lastLines } from '../last-lines.ts'
import { versionNumber } from '../version-number.ts'
import { backUpRunning, backUpStopped, endConversion, giveUpBackup, type BackupSource } from './backup.ts'
import { BackupStore, offsetsOf } from './backup-store.ts'
import { readConsole } from './console.ts'
import { plugsOf, withSlots, type StoredDevices } from './devices.ts'
import { guestAbsent, Host, monitorLost, silenceOf, type HostSettings } from './host.ts'
import { extendVolume } from './extend-volume.ts'
import { attachPort, attachVolume, detachPort, detachVolume } from './hot-plug.ts'
import { InstanceStore, type StoredGuest } from './instance-store.ts'
import { answers, launch, makeFirstDisk } from './launch.ts'
import { abandonIncoming, finishMigration, prepareIncoming } from './incoming.ts'
import { describe } from './machine.ts'
import { guestMigrating, isAwaited, sharesDisk } from './migration-record.ts'
import { Monitors } from './monitors.ts'
import {
  beginMigration,
  confirmSource,
  forceComplete,
  limitMigration,
  migrate,
  reclaimSource,
} from './outgoing.ts'
import { pause, reboot, start, stop, unpause } from './power.ts'
import { powerStateOf } from './power-state.ts'
import { endGuest, untilGone, type GuestProcess } from './process.ts'
import { Shares, type SharesOptions } from './shares.ts'
import { resume, suspend } from './suspend.ts'

export interface QemuDriverOptions {
  /** Where guests, their disks and backups live. */
  stateDirectory: string
  /** Where the disks live, if not there too. */
  instancesPath?: string | undefined
  settings: HostSettings & { live_migration_inbound_addr?: string | undefined }
  /** Where machines of other hosts are awaited, unless the settings say it; default 127.0.0.1. */
  inboundAddress?: string
  shares: SharesOptions
  logger: Logger
  /** Milliseconds that QEMU has to answer to a command; default 30 000. */
  answerMilliseconds?: number | undefined
  /** How long who serves a volume may be away when a guest is given it; default 10 000. */
  storageMilliseconds?: number | undefined
  /** Default `qemu-system-x86_64`. */
  program?: string
  /** QEMU's, such as `7.2.22`. */
  version?: string
}

const statusMilliseconds = 2000
const exitMilliseconds = 500

/** Machines under QEMU. They are processes of their own: an agent that restarts finds them again. */
export class QemuDriver implements VirtDriver {
  readonly hypervisor: Hypervisor
  readonly #host: Host
  readonly #instances: InstanceStore
  readonly #backups: BackupStore
  readonly #turns = new Turns()

  constructor(options: QemuDriverOptions) {
    const { stateDirectory, settings, logger, program = 'qemu-system-x86_64' } = options
    const version = versionNumber(options.version ?? '')
    const shares = new Shares(options.shares)
    const instances = new InstanceStore(stateDirectory, options.instancesPath)
    const backups = new BackupStore(stateDirectory)
    const monitors = new Monitors((id) => instances.paths(id).directory, options.answerMilliseconds)
    this.hypervisor = { type: 'QEMU', version }
    this.#instances = instances
    this.#backups = backups
    const inboundAddress = settings.live_migration_inbound_addr ?? options.inboundAddress ?? '127.0.0.1'
    const { storageMilliseconds = 10_000 } = options
    const stores = { instances, backups, monitors, shares }
    const how = { settings, inboundAddress, storageMilliseconds, program, version, logger }
    this.#host = new Host({ ...stores, ...how })
  }

  async adopt(): Promise<void> {
    for (const id of this.#instances.ids()) {
      const process = this.#host.search(id)
      if (process) this.#host.logger.info({ server: id, process: process.pid }, 'guest adopted')
    }
  }

  boot(spec: GuestSpec): Promise<void> {
    const { id } = spec
    return this.#change(id, async () => {
      const process = this.#host.search(id)
      if (process && (await answers(this.#host, id, process))) return
      this.#instances.create(id, storedGuest(spec, this.#host))
      await makeFirstDisk(this.#instances.paths(id).disk, spec)
      await launch(this.#host, id)
    })
  }

  start(id: string): Promise<void> {
    return this.#change(id, () => start(this.#host, id))
  }

  stop(id: string, options: ShutdownOptions): Promise<void> {
    return this.#change(id, () => stop(this.#host, id, options))
  }

  reboot(id: string, options: RebootOptions): Promise<void> {
    return this.#change(id, () => reboot(this.#host, id, options))
  }

  pause(id: string): Promise<void> {
    return this.#change(id, () => pause(this.#host, id))
  }

  unpause(id: string): Promise<void> {
    return this.#change(id, () => unpause(this.#host, id))
  }

  suspend(id: string, signal: AbortSignal): Promise<void> {
    return this.#change(id, () => suspend(this.#host, id, signal))
  }

  resume(id: string): Promise<void> {
    return this.#change(id, () => resume(this.#host, id))
  }

  attachVolume(id: string, volume: Volume): Promise<void> {
    return this.#change(id, () => attachVolume(this.#host, id, volume))
  }

  detachVolume(id: string, volume: string, signal: AbortSignal): Promise<void> {
    return this.#change(id, () => detachVolume(this.#host, id, volume, signal))
  }

  extendVolume(id: string, volume: string, size: number): Promise<void> {
    return this.#change(id, () => extendVolume(this.#host, id, { volume, size }))
  }

  attachPort(id: string, port: Port): Promise<void> {
    return this.#change(id, () => attachPort(this.#host, id, port))
  }

  detachPort(id: string, port: string, signal: AbortSignal): Promise<void> {
    return this.#change(id, () => detachPort(this.#host, id, port, signal))
  }

  describe(id: string): Promise<Machine> {
    return this.#change(id, async () => describe(this.#host, id, await this.powerState(id)))
  }

  prepareIncoming(id: string, options: IncomingOptions): Promise<Destination> {
    return this.#turns.take(id, () => prepareIncoming(this.#host, id, options))
  }

  async migrate(id: string, options: MigrateOptions): Promise<Moved> {
    await this.#turns.take(id, () => beginMigration(this.#host, id, options))
    return migrate(this.#host, id, options)
  }

  limitMigration(id: string, limits: MigrationLimits): Promise<void> {
    return this.#turns.take(id, () => limitMigration(this.#host, id, limits))
  }

  forceComplete(id: string): Promise<void> {
    return this.#turns.take(id, () => forceComplete(this.#host, id))
  }

  finishMigration(id: string, options: FinishOptions): Promise<Arrival> {
    return this.#turns.take(id, () => finishMigration(this.#host, id, options))
  }

  confirmSource(id: string, operation: string): Promise<void> {
    return this.#turns.take(id, () => confirmSource(this.#host, id, operation))
  }

  abandonIncoming(id: string, operation: string): Promise<void> {
    return this.#turns.take(id, () => abandonIncoming(this.#host, id, operation))
  }

  reclaimSource(id: string, operation: string): Promise<void> {
    return this.#turns.take(id, () => reclaimSource(this.#host, id, operation))
  }

  async powerState(id: string): Promise<PowerState> {
    if (!this.#instances.exists(id) || isAwaited(this.#instances.migration(id))) return 'absent'
    if (!this.#host.process(id)) return 'shutdown'
    const enough = new AbortController()
    const status = await Promise.race([
      this.#runState(id),
      delay(statusMilliseconds, undefined, { signal: enough.signal }).catch(() => undefined),
    ])
    enough.abort()
    if (status !== undefined) return powerStateOf(status)
    // QEMU does not answer: what is known is whether it is there.
    return this.#host.process(id) ? 'running' : 'shutdown'
  }

  list(): Promise<{ id: string; power_state: PowerState }[]> {
    const ids = this.#instances.ids().filter((id) => !isAwaited(this.#instances.migration(id)))
    return Promise.all(ids.map(async (id) => ({ id, power_state: await this.powerState(id) })))
  }

  async console(id: string, length?: number): Promise<string> {
    return lastLines(await readConsole(this.#instances.paths(id).console), length)
  }

  async backup(id: string, options: BackupOptions): Promise<Backup> {
    const { operation } = options
    const record = this.#backups.read(operation)
    if (record?.phase !== 'done') {
      if (!this.#instances.exists(id)) throw guestAbsent()
      if (this.#instances.migration(id)) throw guestMigrating()
      const { disk, console } = this.#instances.paths(id)
      const source = { server: id, disk, console }
      const process = this.#host.search(id)
      if (process) await this.#backUpRunning(process, source, options)
      else if (options.running || (record && record.phase !== 'converting')) {
        // The point in time that was asked for is gone.
        this.#backups.remove(operation)
        throw guestEnded()
      } else await backUpStopped(source, this.#backups, options)
    }
    const path = this.#backups.imagePath(operation)
    const { virtualSize } = await inspectImage(path)
    return { path, virtual_size: virtualSize, console_offset: offsetsOf(this.#backups.read(operation)!) }
  }

  async backupPath(operation: string): Promise<string | undefined> {
    return this.#backups.read(operation)?.phase === 'done' ? this.#backups.imagePath(operation) : undefined
  }

  async forgetBackup(operation: string): Promise<void> {
    const record = this.#backups.read(operation)
    const busy = record?.phase === 'copying' || record?.phase === 'copied'
    const process = busy ? this.#host.search(record.server) : undefined
    if (busy && process) {
      try {
        await giveUpBackup(await this.#host.monitors.get(record.server), operation)
      } catch (error) {
        // With the guest its job has ended too.
        if (!(await untilGone(process, exitMilliseconds))) throw monitorLost(error)
      }
    }
    if (record?.phase === 'converting') await endConversion(this.#backups.imagePath(operation))
    this.#backups.remove(operation)
  }

  async imagesInUse(): Promise<ReadonlySet<string>> {
    const found = await Promise.all(this.#instances.disks().map((disk) => inspectImage(disk)))
    return new Set(found.flatMap(({ backingFile }) => backingFile ?? []))
  }

  destroy(id: string): Promise<void> {
    return this.#turns.take(id, async () => {
      const process = this.#host.search(id)
      if (process) await endGuest(process)
      this.#host.monitors.close(id)
      this.#instances.remove(id, { keepDisk: sharesDisk(this.#instances.migration(id)) })
    })
  }

  /** Whatever changes a guest, but a migration itself, waits for its turn, and is refused while there is a migration. */
  #change<T>(id: string, work: () => Promise<T>): Promise<T> {
    return this.#turns.take(id, async () => {
      if (this.#instances.migration(id)) throw guestMigrating()
      return work()
    })
  }

  /** Lets go of the guests, which run on. */
  close(): void {
    this.#host.monitors.close()
  }

  async #backUpRunning(process: GuestProcess, source: BackupSource, options: BackupOptions): Promise<void> {
    try {
      const qmp = await this.#host.monitors.get(source.server)
      await backUpRunning(qmp, source, this.#backups, options)
    } catch (error) {
      if (!(error instanceof QmpError)) throw error
      if (error.code === 'qmp_command_failed') throw monitorLost(error)
      const why = await silenceOf(process, error)
      if (!why.terminal) throw why
      this.#backups.remove(options.operation)
      throw guestEnded(error)
    }
  }

  async #runState(id: string): Promise<string | undefined> {
    try {
      const qmp = await this.#host.monitors.get(id)
      return (await qmp.execute<{ status: string }>('query-status')).status
    } catch {
      return undefined
    }
  }
}

/** Written down before the first start; devices that a guest got since then stay where they are. */
function storedGuest(spec: GuestSpec, { instances, settings, devices }: Host): StoredGuest {
  const { id, name, vcpus, memoryMb, image } = spec
  const known = instances.guest(id)
  if (known) return known
  const none: StoredDevices = { volumes: [], ports: [] }
  const ports = withSlots(spec.ports, none, settings.num_pcie_ports)
  const volumes = withSlots(spec.volumes, { ...none, ports }, settings.num_pcie_ports)
  const guest = { name, vcpus, memoryMb, image: image.id, volumes, ports }
  // What cannot be is said before anything is made.
  plugsOf(guest, devices)
  return guest
}

function guestEnded(cause?: unknown): DriverError {
  return new DriverError('guest_stopped', 'the guest ended during the backup', { cause })
}
