import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  argumentsOf,
  createImage,
  endProcess,
  findProcesses,
  QmpError,
  type QemuProcess,
} from '@longhaul/qemu'
import { Turns } from '@longhaul/oslo/concurrency'
import type { Logger } from '@longhaul/oslo/log'
import { daemonPlace, volumeOf, type DaemonPlace, type NbdExport } from './daemon-command.ts'
import { StorageDaemon } from './storage-daemon.ts'
import type { VolumeFiles } from './volume-files.ts'

/** A volume that something has open. */
interface Served {
  exports: Map<string, NbdExport>
  /** Copies under way. */
  copies: number
  daemon: StorageDaemon | undefined
}

/** Whether the same may succeed with the next daemon: this one is gone. */
export function isTransient(error: unknown): boolean {
  return error instanceof QmpError && error.code !== 'qmp_command_failed'
}

/** What the lock of a process that was killed may take to go. */
const lockMilliseconds = 100

/** Pauses between tries to bring a dead daemon back, in milliseconds; the last one repeats. */
const pauses = [0, 100, 500, 1000, 5000]

interface Parts {
  files: VolumeFiles
  /** Directory of sockets. */
  directory: string
  logger: Logger
}

/**
 * The volumes that are in use: a storage daemon for each, with one export for each attachment. A daemon that dies is
 * started again with the same sockets and exports, so that its clients, which connect again, go on. Daemons outlive
 * this process, and are adopted by the next one.
 */
export class StorageDaemons {
  readonly #parts: Parts
  readonly #served = new Map<string, Served>()
  readonly #turns = new Turns()
  readonly #ending = new AbortController()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /**
   * Adopts daemons that run, ends those of volumes that nobody uses, and starts what is missing.
   *
   * @param wanted by volume, then by attachment
   */
  async start(wanted: ReadonlyMap<string, ReadonlyMap<string, NbdExport>>): Promise<void> {
    await mkdir(this.#parts.directory, { recursive: true, mode: 0o700 })
    const running = this.#running()
    for (const [id, process] of running) if (!wanted.has(id)) await endProcess(process)
    const all = [...wanted].map(async ([id, exports]) => {
      const served: Served = { exports: new Map(exports), copies: 0, daemon: undefined }
      this.#served.set(id, served)
      const process = running.get(id)
      await this.#turns.take(id, async () => {
        const daemon = process && (await StorageDaemon.adopt(this.#place(id), process))
        if (daemon) this.#watch(id, served, daemon)
        await this.#settle(id, served).catch((error: unknown) => this.#revive(id, served, error))
      })
    })
    await Promise.all(all)
  }

  /** Path of the socket under which a volume's exports are. */
  socket(volumeId: string): string {
    return join(this.#parts.directory, this.#place(volumeId).nbd)
  }

  /** Opens a volume for an attachment. Repeating it is fine. @throws StorageDaemonError, QmpError */
  async export(volumeId: string, attachmentId: string, wanted: NbdExport): Promise<void> {
    await this.#turns.take(volumeId, async () => {
      const served = this.#servedOf(volumeId)
      const before = served.exports.get(attachmentId)
      if (before && before.writable !== wanted.writable && served.daemon?.isOpen) {
        await served.daemon.removeExport(attachmentId)
      }
      served.exports.set(attachmentId, wanted)
      try {
        await this.#settle(volumeId, served)
      } catch (error) {
        if (!before) served.exports.delete(attachmentId)
        await this.#giveUpUnused(volumeId, served)
        throw error
      }
    })
  }

  /** Cuts the client of an attachment off. Repeating it is fine. @throws ProcessNotEndedError */
  async unexport(volumeId: string, attachmentId: string): Promise<void> {
    await this.#turns.take(volumeId, async () => {
      const served = this.#served.get(volumeId)
      if (!served?.exports.delete(attachmentId)) return
      if (served.exports.size === 0 && served.copies === 0) return await this.#giveUpUnused(volumeId, served)
      await this.#settle(volumeId, served).catch((error: unknown) => this.#restart(volumeId, served, error))
    })
  }

  /** Makes a volume larger, also while it is in use. @param size bytes @throws StorageDaemonError, QmpError */
  async resize(volumeId: string, size: number): Promise<void> {
    await this.#turns.take(volumeId, async () => {
      const served = this.#served.get(volumeId)
      if (!served) return await this.#parts.files.grow(volumeId, size)
      await this.#settle(volumeId, served)
      // An exported volume cannot be resized; its clients connect again when the exports are back.
      await served.daemon?.setExports(new Map())
      try {
        await served.daemon?.resize(size)
      } finally {
        await this.#settle(volumeId, served)
      }
    })
  }

  /**
   * Copies a volume as it is now, in use or not, into a new qcow2 file.
   *
   * @throws StorageDaemonError, QmpError
   */
  async copy(volumeId: string, target: string): Promise<void> {
    const { size } = await stat(this.#volume(volumeId))
    await createImage(target, { format: 'qcow2', size })
    const daemon = await this.#turns.take(volumeId, async () => {
      const served = this.#servedOf(volumeId)
      served.copies += 1
      try {
        await this.#settle(volumeId, served)
      } catch (error) {
        served.copies -= 1
        await this.#giveUpUnused(volumeId, served)
        throw error
      }
      return served.daemon!
    })
    try {
      await daemon.copy(target)
    } finally {
      await this.#turns.take(volumeId, async () => {
        const served = this.#servedOf(volumeId)
        served.copies -= 1
        await this.#giveUpUnused(volumeId, served)
      })
    }
  }

  /** Leaves the daemons to themselves. */
  close(): void {
    this.#ending.abort()
    for (const { daemon } of this.#served.values()) daemon?.leave()
  }

  #servedOf(id: string): Served {
    const served = this.#served.get(id) ?? { exports: new Map(), copies: 0, daemon: undefined }
    this.#served.set(id, served)
    return served
  }

  /** Brings the daemon to what is wanted. */
  async #settle(id: string, served: Served): Promise<void> {
    if (served.daemon?.isOpen) return await served.daemon.setExports(served.exports)
    const lost = served.daemon
    served.daemon = undefined
    await lost?.end()
    const start = () => StorageDaemon.start(this.#place(id), served.exports)
    // The kernel may hold the lock on the file a little longer than the process.
    const started = lost ? start().catch(() => delay(lockMilliseconds).then(start)) : start()
    this.#watch(id, served, await started)
  }

  async #giveUpUnused(id: string, served: Served): Promise<void> {
    if (served.exports.size > 0 || served.copies > 0) return
    const { daemon } = served
    served.daemon = undefined
    this.#served.delete(id)
    await daemon?.stop()
  }

  #watch(id: string, served: Served, daemon: StorageDaemon): void {
    served.daemon = daemon
    void daemon.lost().then(async () => {
      if (served.daemon !== daemon || this.#ending.signal.aborted) return
      this.#parts.logger.warn({ volume: id }, 'the storage daemon is gone')
      await this.#turns.take(id, () => this.#restart(id, served, undefined))
    })
  }

  /** A daemon that does not do what it is told may keep somebody connected who should not be: it is ended. */
  async #restart(id: string, served: Served, error: unknown): Promise<void> {
    if (error !== undefined) {
      this.#parts.logger.warn({ err: error, volume: id }, 'the storage daemon does not obey')
      await served.daemon?.end()
    }
    await this.#settle(id, served).catch((failure: unknown) => this.#revive(id, served, failure))
  }

  /** Tries until it works, or nobody wants it any more. */
  #revive(id: string, served: Served, error: unknown, tried = 0): void {
    this.#parts.logger.error({ err: error, volume: id }, 'the storage daemon did not come back')
    const { signal } = this.#ending
    void (async () => {
      await delay(pauses[Math.min(tried, pauses.length - 1)], undefined, { signal, ref: false })
      await this.#turns.take(id, async () => {
        if (this.#served.get(id) !== served || served.daemon?.isOpen || signal.aborted) return
        await this.#settle(id, served).catch((failure: unknown) =>
          this.#revive(id, served, failure, tried + 1),
        )
      })
    })().catch(() => {})
  }

  /** Daemons of volumes of this store, by volume. */
  #running(): Map<string, QemuProcess> {
    const prefix = join(this.#parts.files.directory, 'volume-')
    const idOf = (args: string[]) => {
      const volume = volumeOf(args)
      return volume?.startsWith(prefix) ? volume.slice(prefix.length) : undefined
    }
    const processes = findProcesses((args) => idOf(args) !== undefined)
    return new Map(processes.map((process) => [idOf(argumentsOf(process.pid)) ?? '', process]))
  }

  #place(id: string): DaemonPlace {
    return daemonPlace(this.#parts.directory, { id, path: this.#volume(id) })
  }

  #volume(id: string): string {
    return this.#parts.files.path({ kind: 'volume', id })
  }
}
