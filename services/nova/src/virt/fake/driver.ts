import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { PowerState } from '../../jobs-protocol.ts'
import { DriverError, type Backup, type BackupOptions, type GuestSpec, type VirtDriver } from '../driver.ts'
import { lastLines } from '../last-lines.ts'
import { emptyQcow2 } from './empty-qcow2.ts'

export interface FakeDriverOptions {
  /** Where backups are written. */
  directory: string
  /** Milliseconds that a backup without a limit of its speed takes; default 0. */
  backupMilliseconds?: number
  /** Waits; replaced by tests. Rejects when aborted. */
  sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>
}

interface FakeGuest {
  powerState: PowerState
  virtualSize: number
}

const progressSteps = 10
const gibibyte = 2 ** 30

/**
 * Machines that are only pretended, in memory: for tests, and for people who want the API alone. Chosen by name, never
 * silently. A backup is an empty disk of the right size and takes as long as its limit says.
 */
export class FakeDriver implements VirtDriver {
  /** The next call of a method fails with this. */
  readonly failures = new Map<keyof VirtDriver, Error>()
  /** What a console shows. */
  readonly consoles = new Map<string, string>()
  readonly #options: FakeDriverOptions
  readonly #guests = new Map<string, FakeGuest>()
  readonly #backups = new Map<string, Backup>()

  constructor(options: FakeDriverOptions) {
    this.#options = options
  }

  adopt(): Promise<void> {
    return Promise.resolve()
  }

  async boot({ id, image, diskGb }: GuestSpec): Promise<void> {
    this.#fail('boot')
    const virtualSize = Math.max(image.virtualSize, diskGb * gibibyte)
    if (!this.#guests.has(id)) this.#guests.set(id, { powerState: 'running', virtualSize })
  }

  async powerState(id: string): Promise<PowerState> {
    this.#fail('powerState')
    return this.#guests.get(id)?.powerState ?? 'absent'
  }

  async list() {
    this.#fail('list')
    return [...this.#guests].map(([id, { powerState }]) => ({ id, power_state: powerState }))
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
    const guest = this.#guests.get(id)
    if (!guest) throw new DriverError('guest_absent', 'the guest is not on this host')
    const { virtualSize } = guest
    const all = bandwidth > 0 ? (virtualSize / bandwidth) * 1000 : (this.#options.backupMilliseconds ?? 0)
    const sleep = this.#options.sleep ?? ((ms, stop) => delay(ms, undefined, { signal: stop }))
    for (let step = 1; step <= progressSteps; step++) {
      try {
        await sleep(all / progressSteps, signal)
      } catch (cause) {
        throw new DriverError('backup_cancelled', 'the backup was cancelled', { cause })
      }
      if (running && guest.powerState !== 'running') {
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
    const guest = this.#guests.get(id)
    if (guest) guest.powerState = 'shutdown'
    this.#guests.delete(id)
  }

  /** What the sudden end of a machine looks like. */
  stop(id: string): void {
    const guest = this.#guests.get(id)
    if (guest) guest.powerState = 'shutdown'
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
