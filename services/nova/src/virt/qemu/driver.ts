import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createImage, inspectImage, QmpError } from '@longhaul/qemu'
import type { Logger } from '@longhaul/oslo/log'
import type { PowerState } from '../../jobs-protocol.ts'
import { DriverError, type Backup, type BackupOptions, type GuestSpec, type VirtDriver } from '../driver.ts'
import { lastLines } from '../last-lines.ts'
import { backUpRunning, backUpStopped, giveUpBackup, type BackupSource } from './backup.ts'
import { BackupStore, offsetsOf } from './backup-store.ts'
import { commandLine, monitorSockets, usesDisk, type QemuSettings } from './command-line.ts'
import { readConsole } from './console.ts'
import { InstanceStore } from './instance-store.ts'
import { Monitors } from './monitors.ts'
import { powerStateOf } from './power-state.ts'
import { endGuest, findProcess, runsWith, startGuest, untilGone, type GuestProcess } from './process.ts'
import { Turns } from './turns.ts'

export interface QemuDriverOptions {
  /** Where guests, their disks and backups live. */
  stateDirectory: string
  settings: QemuSettings
  logger: Logger
  /** Default `qemu-system-x86_64`. */
  program?: string
}

const gibibyte = 2 ** 30
const statusMilliseconds = 2000
const startMilliseconds = 10_000
const exitMilliseconds = 500

/** Machines under QEMU. They are processes of their own: an agent that restarts finds them again. */
export class QemuDriver implements VirtDriver {
  readonly #options: QemuDriverOptions
  readonly #instances: InstanceStore
  readonly #backups: BackupStore
  readonly #monitors: Monitors
  readonly #turns = new Turns()

  constructor(options: QemuDriverOptions) {
    this.#options = options
    this.#instances = new InstanceStore(options.stateDirectory)
    this.#backups = new BackupStore(options.stateDirectory)
    this.#monitors = new Monitors((id) => this.#instances.paths(id).directory)
  }

  async adopt(): Promise<void> {
    for (const id of this.#instances.ids()) {
      const process = this.#search(id)
      if (process) this.#options.logger.info({ server: id, process: process.pid }, 'guest adopted')
    }
  }

  boot(spec: GuestSpec): Promise<void> {
    return this.#turns.take(spec.id, async () => {
      if (this.#search(spec.id)) return
      await this.#start(spec)
    })
  }

  async powerState(id: string): Promise<PowerState> {
    if (!this.#instances.exists(id)) return 'absent'
    if (!this.#process(id)) return 'shutdown'
    const status = await Promise.race([
      this.#runState(id),
      delay(statusMilliseconds, undefined, { ref: false }),
    ])
    if (status !== undefined) return powerStateOf(status)
    // QEMU does not answer: what is known is whether it is there.
    return this.#process(id) ? 'running' : 'shutdown'
  }

  list(): Promise<{ id: string; power_state: PowerState }[]> {
    return Promise.all(
      this.#instances.ids().map(async (id) => ({ id, power_state: await this.powerState(id) })),
    )
  }

  async console(id: string, length?: number): Promise<string> {
    return lastLines(await readConsole(this.#instances.paths(id).console), length)
  }

  async backup(id: string, options: BackupOptions): Promise<Backup> {
    const { operation } = options
    const record = this.#backups.read(operation)
    if (record?.phase !== 'done') {
      if (!this.#instances.exists(id)) throw new DriverError('guest_absent', 'the guest is not on this host')
      const { disk, console } = this.#instances.paths(id)
      const source = { server: id, disk, console }
      const process = this.#search(id)
      if (process) await this.#backUpRunning(process, source, options)
      else if (options.running || (record && record.phase !== 'converting')) {
        // The point in time that was asked for is gone.
        this.#backups.remove(operation)
        throw guestStopped()
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
    const process = busy ? this.#process(record.server) : undefined
    if (busy && process) {
      try {
        await giveUpBackup(await this.#monitors.get(record.server), operation)
      } catch (error) {
        // With the guest its job has ended too.
        if (!(await untilGone(process, exitMilliseconds))) throw monitorLost(error)
      }
    }
    this.#backups.remove(operation)
  }

  async imagesInUse(): Promise<ReadonlySet<string>> {
    const disks = this.#instances.ids().map((id) => this.#instances.paths(id).disk)
    const found = await Promise.all(
      disks.filter((disk) => existsSync(disk)).map((disk) => inspectImage(disk)),
    )
    return new Set(found.flatMap(({ backingFile }) => backingFile ?? []))
  }

  destroy(id: string): Promise<void> {
    return this.#turns.take(id, async () => {
      const process = this.#search(id)
      if (process) await endGuest(process)
      this.#monitors.close(id)
      this.#instances.remove(id)
    })
  }

  /** Lets go of the guests, which run on. */
  close(): void {
    this.#monitors.close()
  }

  async #start(spec: GuestSpec): Promise<void> {
    const { logger, settings, program = 'qemu-system-x86_64' } = this.#options
    const began = performance.now()
    const paths = this.#instances.paths(spec.id)
    mkdirSync(paths.directory, { recursive: true, mode: 0o700 })
    for (const socket of Object.values(monitorSockets)) rmSync(join(paths.directory, socket), { force: true })
    await makeDisk(paths.disk, spec)
    const { process, ended } = await startGuest(program, commandLine(spec, paths, settings), paths)
    this.#instances.remember(spec.id, process)
    try {
      const failed = ended.then(() => Promise.reject(new Error('QEMU has ended')))
      await Promise.race([this.#monitors.get(spec.id, startMilliseconds), failed])
    } catch (cause) {
      this.#monitors.close(spec.id)
      await endGuest(process)
      throw new DriverError('guest_not_started', `QEMU did not start: ${endOf(paths.errors)}`, { cause })
    }
    const ms = Math.round(performance.now() - began)
    logger.info({ server: spec.id, image: spec.image.id, process: process.pid, ms }, 'guest started')
  }

  async #backUpRunning(process: GuestProcess, source: BackupSource, options: BackupOptions): Promise<void> {
    try {
      const qmp = await this.#monitors.get(source.server)
      await backUpRunning(qmp, source, this.#backups, options)
    } catch (error) {
      if (!(error instanceof QmpError)) throw error
      if (error.code === 'qmp_command_failed' || !(await untilGone(process, exitMilliseconds))) {
        throw monitorLost(error)
      }
      this.#backups.remove(options.operation)
      throw guestStopped(error)
    }
  }

  async #runState(id: string): Promise<string | undefined> {
    try {
      const qmp = await this.#monitors.get(id)
      return (await qmp.execute<{ status: string }>('query-status')).status
    } catch {
      return undefined
    }
  }

  /** The guest's process as it was written down, if it lives. */
  #process(id: string): GuestProcess | undefined {
    const known = this.#instances.process(id)
    const { disk } = this.#instances.paths(id)
    return known && runsWith(known, (args) => usesDisk(args, disk)) ? known : undefined
  }

  /** Also one that was not written down: the agent may have died just then. */
  #search(id: string): GuestProcess | undefined {
    const known = this.#process(id)
    if (known || !this.#instances.exists(id)) return known
    const { disk } = this.#instances.paths(id)
    const found = findProcess((args) => usesDisk(args, disk))
    if (found) this.#instances.remember(id, found)
    return found
  }
}

/** The guest's disk, on top of the image; made once, complete or not at all. */
async function makeDisk(path: string, { image, diskGb }: GuestSpec): Promise<void> {
  if (statSync(path, { throwIfNoEntry: false })) return
  const size = Math.max(image.virtualSize, diskGb * gibibyte)
  await createImage(`${path}.new`, {
    format: 'qcow2',
    size,
    backing: { path: image.path, format: image.format },
  })
  renameSync(`${path}.new`, path)
}

function guestStopped(cause?: unknown): DriverError {
  return new DriverError('guest_stopped', 'the guest ended during the backup', { cause })
}

function monitorLost(cause: unknown): DriverError {
  return new DriverError('monitor_lost', 'QEMU does not answer', { cause, terminal: false })
}

function endOf(file: string): string {
  return readFileSync(file, 'utf8').trim().split('\n').slice(-3).join(' ') || 'no message'
}
