import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
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
  volumeNotAttached,
} from '../driver.ts'
import { lastLines } from '../last-lines.ts'
import { versionNumber } from '../version-number.ts'
import { emptyQcow2 } from './empty-qcow2.ts'
import { isAwaited, type FakeGuest } from './guest.ts'
import { FakeMigrations, guestMigrating, type FakeMigrationOptions } from './migrations.ts'

export interface FakeDriverOptions extends FakeMigrationOptions {
  /** Where backups are written. */
  directory: string
  /** Milliseconds that a backup without a limit of its speed takes; default 0. */
  backupMilliseconds?: number
}

const progressSteps = 10
const gibibyte = 2 ** 30

/**
 * Machines that are only pretended, in memory: for tests, and for people who want the API alone. Chosen by name, never
 * silently. A backup is an empty disk of the right size and takes as long as its limit says; a machine that is asked to
 * power itself off does so at once.
 */
export class FakeDriver implements VirtDriver {
  readonly hypervisor: Hypervisor = { type: 'fake', version: versionNumber('1.0') }
  /** The next call of a method fails with this. */
  readonly failures = new Map<keyof VirtDriver, Error>()
  /** What a console shows. */
  readonly consoles = new Map<string, string>()
  readonly #options: FakeDriverOptions
  readonly #guests = new Map<string, FakeGuest>()
  readonly #backups = new Map<string, Backup>()
  readonly #migrations: FakeMigrations

  constructor(options: FakeDriverOptions) {
    this.#options = options
    this.#migrations = new FakeMigrations(this.#guests, options)
  }

  adopt(): Promise<void> {
    return Promise.resolve()
  }

  async boot(spec: GuestSpec): Promise<void> {
    this.#fail('boot')
    const { id } = spec
    if (!this.#guests.has(id)) this.#guests.set(id, newGuest(spec))
    powerOn(this.#guest(id))
  }

  async start(id: string): Promise<void> {
    this.#fail('start')
    powerOn(this.#guest(id))
  }

  async stop(id: string, { signal }: ShutdownOptions): Promise<void> {
    this.#fail('stop')
    signal.throwIfAborted()
    this.#guest(id).powerState = 'shutdown'
  }

  async reboot(id: string, { operation, signal }: RebootOptions): Promise<void> {
    this.#fail('reboot')
    signal.throwIfAborted()
    const guest = this.#guest(id)
    if (guest.rebootedBy !== operation) guest.powerState = 'shutdown'
    guest.rebootedBy = operation
    powerOn(guest)
  }

  async pause(id: string): Promise<void> {
    this.#fail('pause')
    this.#powered(id).powerState = 'paused'
  }

  async unpause(id: string): Promise<void> {
    this.#fail('unpause')
    this.#powered(id).powerState = 'running'
  }

  async suspend(id: string, signal: AbortSignal): Promise<void> {
    this.#fail('suspend')
    signal.throwIfAborted()
    const guest = this.#guest(id)
    if (guest.suspended) return
    this.#powered(id)
    Object.assign(guest, { powerState: 'shutdown', suspended: true })
  }

  async resume(id: string): Promise<void> {
    this.#fail('resume')
    const guest = this.#guest(id)
    if (!guest.suspended) this.#powered(id)
    Object.assign(guest, { powerState: 'running', suspended: false })
  }

  async attachVolume(id: string, volume: Volume): Promise<void> {
    this.#fail('attachVolume')
    const guest = this.#changeable(id)
    guest.volumes = [...without(guest.volumes, volume.id), volume]
  }

  async detachVolume(id: string, volume: string, signal: AbortSignal): Promise<void> {
    this.#fail('detachVolume')
    signal.throwIfAborted()
    const guest = this.#changeable(id)
    guest.volumes = without(guest.volumes, volume)
  }

  async extendVolume(id: string, volume: string): Promise<void> {
    this.#fail('extendVolume')
    const { volumes } = this.#guest(id)
    if (!volumes.some((one) => one.id === volume)) throw volumeNotAttached()
  }

  async attachPort(id: string, port: Port): Promise<void> {
    this.#fail('attachPort')
    const guest = this.#changeable(id)
    guest.ports = [...without(guest.ports, port.id), port]
  }

  async detachPort(id: string, port: string, signal: AbortSignal): Promise<void> {
    this.#fail('detachPort')
    signal.throwIfAborted()
    const guest = this.#changeable(id)
    guest.ports = without(guest.ports, port)
  }

  /** Ids of the volumes and ports that a machine has. */
  devices(id: string): { volumes: string[]; ports: string[] } {
    const { volumes, ports } = this.#guests.get(id) ?? { volumes: [], ports: [] }
    return { volumes: volumes.map((volume) => volume.id), ports: ports.map((port) => port.id) }
  }

  async describe(id: string): Promise<Machine> {
    this.#fail('describe')
    return this.#migrations.describe(id)
  }

  async prepareIncoming(id: string, options: IncomingOptions): Promise<Destination> {
    this.#fail('prepareIncoming')
    return this.#migrations.prepare(id, options)
  }

  async migrate(id: string, options: MigrateOptions): Promise<Moved> {
    this.#fail('migrate')
    return this.#migrations.migrate(id, options)
  }

  async limitMigration(id: string, limits: MigrationLimits): Promise<void> {
    this.#fail('limitMigration')
    this.#migrations.limit(id, limits)
  }

  async forceComplete(id: string): Promise<void> {
    this.#fail('forceComplete')
    this.#migrations.force(id)
  }

  async finishMigration(id: string, options: FinishOptions): Promise<Arrival> {
    this.#fail('finishMigration')
    return this.#migrations.finish(id, options)
  }

  async confirmSource(id: string, operation: string): Promise<void> {
    this.#fail('confirmSource')
    this.#migrations.confirm(id, operation)
  }

  async abandonIncoming(id: string, operation: string): Promise<void> {
    this.#fail('abandonIncoming')
    this.#migrations.abandon(id, operation)
  }

  async reclaimSource(id: string, operation: string): Promise<void> {
    this.#fail('reclaimSource')
    this.#migrations.reclaim(id, operation)
  }

  async powerState(id: string): Promise<PowerState> {
    this.#fail('powerState')
    const guest = this.#guests.get(id)
    return guest && !isAwaited(guest) ? guest.powerState : 'absent'
  }

  async list() {
    this.#fail('list')
    const here = [...this.#guests].filter(([, guest]) => !isAwaited(guest))
    return here.map(([id, { powerState }]) => ({ id, power_state: powerState }))
  }

  async console(id: string, length?: number): Promise<string> {
    this.#fail('console')
    return lastLines(this.consoles.get(id) ?? '', length)
  }

  async backup(id: string, options: BackupOptions): Promise<Backup> {
    this.#fail('backup')
    const { operation, bandwidth, running, signal } = options
    const known = this.#backups.get(operation)
    if (known) return known
    const guest = this.#guest(id)
    const { virtualSize, powerState } = guest
    const all = bandwidth > 0 ? (virtualSize / bandwidth) * 1000 : (this.#options.backupMilliseconds ?? 0)
    const sleep = this.#options.sleep ?? ((ms, stop) => delay(ms, undefined, { signal: stop }))
    for (let step = 1; step <= progressSteps; step++) {
      try {
        await sleep(all / progressSteps, signal)
      } catch (cause) {
        throw new DriverError('backup_cancelled', 'the backup was cancelled', { cause })
      }
      if ((running || powerState !== 'shutdown') && guest.powerState === 'shutdown') {
        throw new DriverError('guest_stopped', 'the guest ended during the backup')
      }
      options.onProgress((virtualSize * step) / progressSteps, virtualSize)
    }
    const path = this.#path(operation)
    mkdirSync(this.#options.directory, { recursive: true, mode: 0o700 })
    writeFileSync(path, emptyQcow2(virtualSize), { mode: 0o600 })
    const offset = this.consoles.get(id)?.length ?? 0
    const backup: Backup = {
      path,
      virtual_size: virtualSize,
      console_offset: { before: offset, after: offset },
    }
    this.#backups.set(operation, backup)
    return backup
  }

  async forgetBackup(operation: string): Promise<void> {
    this.#fail('forgetBackup')
    this.#backups.delete(operation)
    rmSync(this.#path(operation), { force: true })
  }

  async backupPath(operation: string): Promise<string | undefined> {
    return this.#backups.get(operation)?.path
  }

  imagesInUse(): Promise<ReadonlySet<string>> {
    return Promise.resolve(new Set())
  }

  async destroy(id: string): Promise<void> {
    this.#fail('destroy')
    this.crash(id)
    this.#guests.delete(id)
  }

  /** What the sudden end of a machine looks like. */
  crash(id: string): void {
    const guest = this.#guests.get(id)
    if (guest) guest.powerState = 'shutdown'
  }

  #guest(id: string): FakeGuest {
    const guest = this.#guests.get(id)
    if (!guest) throw new DriverError('guest_absent', 'the guest is not on this host')
    if (guest.migration) throw guestMigrating()
    return guest
  }

  #powered(id: string): FakeGuest {
    const guest = this.#guest(id)
    if (guest.powerState === 'shutdown') throw new DriverError('guest_stopped', 'the guest does not run')
    return guest
  }

  #changeable(id: string): FakeGuest {
    const guest = this.#guest(id)
    if (guest.suspended) throw new DriverError('guest_suspended', 'the guest is suspended')
    return guest
  }

  #path(operation: string): string {
    return join(this.#options.directory, `${operation}.qcow2`)
  }

  #fail(method: keyof VirtDriver): void {
    const failure = this.failures.get(method)
    this.failures.delete(method)
    if (failure) throw failure
  }
}

function newGuest({ name, vcpus, memoryMb, image, diskGb, volumes, ports }: GuestSpec): FakeGuest {
  const virtualSize = Math.max(image.virtualSize, diskGb * gibibyte)
  const fresh = { powerState: 'shutdown', suspended: false } as const
  return { name, vcpus, memoryMb, image: image.id, virtualSize, volumes, ports, ...fresh }
}

function without<T extends { id: string }>(items: readonly T[], id: string): T[] {
  return items.filter((item) => item.id !== id)
}

function powerOn(guest: FakeGuest): void {
  if (guest.powerState === 'shutdown') guest.powerState = 'running'
  guest.suspended = false
}
