import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  endProcess,
  findStorageDaemon,
  isAlive,
  QmpClient,
  QmpError,
  startProcess,
  untilGone,
  type QemuProcess,
} from '@longhaul/qemu'
import {
  attachmentOf,
  daemonArguments,
  diskNode,
  exportArguments,
  exportId,
  type DaemonPlace,
  type NbdExport,
} from './daemon-command.ts'

/** A daemon did not start, or does not work. The same may succeed later. */
class StorageDaemonError extends Error {
  override name = 'StorageDaemonError'
  readonly code = 'storage_daemon_failed'
}

const startMilliseconds = 10_000
/** A daemon that was started earlier and does not greet within this time hangs. */
const adoptMilliseconds = 3000
const quitMilliseconds = 5000
const copyNode = 'copy'
const copyJob = 'copy'
/** Stands over the disk while it is copied, and keeps what writers overwrite. */
const copyFilter = 'copying'

interface Job {
  id: string
  status: string
  error?: string
}

/**
 * One `qemu-storage-daemon`, which has a volume's file open and serves it. Knows nothing of what should be: see
 * `StorageDaemons`. Calls but `copy` are made one at a time.
 */
export class StorageDaemon {
  readonly #place: DaemonPlace
  readonly #process: QemuProcess
  readonly #client: QmpClient
  /** Node that a new export is made from. */
  #top = diskNode

  private constructor(place: DaemonPlace, process: QemuProcess, client: QmpClient) {
    this.#place = place
    this.#process = process
    this.#client = client
  }

  /** Starts one. @throws StorageDaemonError with what it said; QemuMissingError */
  static async start(place: DaemonPlace, exports: ReadonlyMap<string, NbdExport>): Promise<StorageDaemon> {
    const program = await findStorageDaemon()
    const log = join(place.directory, place.log)
    for (const name of [place.nbd, place.monitor]) rmSync(join(place.directory, name), { force: true })
    const started = await startProcess(program, daemonArguments(place, exports), {
      directory: place.directory,
      errors: log,
    })
    // Waiting on would meet the next daemon at the same place, and keep its only monitor from those who start it.
    const ended = new AbortController()
    void started.ended.then(() => ended.abort(new Error('it has ended')))
    try {
      const monitor = join(place.directory, place.monitor)
      const client = await QmpClient.connect(monitor, { timeoutMs: startMilliseconds, signal: ended.signal })
      return new StorageDaemon(place, started.process, client)
    } catch (cause) {
      await endProcess(started.process, 0)
      throw new StorageDaemonError(`the storage daemon did not start: ${lastLines(log)}`, { cause })
    }
  }

  /**
   * Takes one over that runs; copies that nobody waits for any more are given up. One that does not answer is ended.
   *
   * @returns undefined if it was ended
   */
  static async adopt(place: DaemonPlace, process: QemuProcess): Promise<StorageDaemon | undefined> {
    try {
      const monitor = join(place.directory, place.monitor)
      const client = await QmpClient.connect(monitor, { timeoutMs: adoptMilliseconds })
      const daemon = new StorageDaemon(place, process, client)
      await daemon.#dropCopy()
      return daemon
    } catch (error) {
      if (!(error instanceof QmpError)) throw error
      await endProcess(process, 0)
      return undefined
    }
  }

  /** Resolves when the daemon is gone, or does not answer any more. */
  async lost(): Promise<void> {
    if (this.#client.closed) return
    await new Promise<void>((resolve) => this.#client.once('close', () => resolve()))
  }

  get isOpen(): boolean {
    return !this.#client.closed && isAlive(this.#process)
  }

  /** Makes the exports those of the list. Who uses one that is not in it is cut off. @throws QmpError */
  async setExports(wanted: ReadonlyMap<string, NbdExport>): Promise<void> {
    const found = await this.#client.execute<{ id: string }[]>('query-block-exports')
    const present = new Set(found.map(({ id }) => attachmentOf(id)))
    for (const id of present) if (!wanted.has(id)) await this.removeExport(id)
    for (const [id, one] of wanted) if (!present.has(id)) await this.#addExport(id, one)
  }

  /** Cuts off whoever uses it. @throws QmpError */
  async removeExport(id: string): Promise<void> {
    const gone = this.#client.waitFor(
      ({ event, data }) => event === 'BLOCK_EXPORT_DELETED' && data?.['id'] === exportId(id),
      { fresh: true },
    )
    gone.catch(() => {})
    await this.#client.execute('block-export-del', { id: exportId(id), mode: 'hard' })
    await gone
  }

  /** A copy may begin or end at any time, and decides which node may be written to. */
  async #addExport(id: string, one: NbdExport): Promise<void> {
    const top = this.#top
    try {
      await this.#client.execute('block-export-add', exportArguments(id, one, top))
    } catch (error) {
      if (top === this.#top) throw error
      await this.#client.execute('block-export-add', exportArguments(id, one, this.#top))
    }
  }

  /** Gives the volume a larger size. It must have no export at the time. @param size bytes @throws QmpError */
  async resize(size: number): Promise<void> {
    await this.#client.execute('block_resize', { 'node-name': diskNode, size })
  }

  /**
   * Copies the volume as it is at the beginning of the call into an empty qcow2 file of its size; whoever writes meanwhile goes on
   * writing.
   *
   * @throws StorageDaemonError, QmpError
   */
  async copy(target: string): Promise<void> {
    const client = this.#client
    const file = { driver: 'file', filename: target }
    await client.execute('blockdev-add', { driver: 'qcow2', 'node-name': copyNode, file })
    try {
      const ended = client.waitFor(
        ({ event, data }) =>
          event === 'JOB_STATUS_CHANGE' && data?.['id'] === copyJob && data['status'] === 'concluded',
        { fresh: true },
      )
      ended.catch(() => {})
      const job = { 'job-id': copyJob, 'auto-dismiss': false, 'filter-node-name': copyFilter }
      await client.execute('blockdev-backup', { ...job, device: diskNode, target: copyNode, sync: 'full' })
      this.#top = copyFilter
      await ended
      this.#top = diskNode
      const jobs = await client.execute<Job[]>('query-jobs')
      const error = jobs.find(({ id }) => id === copyJob)?.error
      if (error !== undefined) throw new StorageDaemonError(`the volume was not copied: ${error}`)
    } finally {
      this.#top = diskNode
      if (!client.closed) await this.#dropCopy()
    }
  }

  /** Ends it. Whoever uses an export is cut off. @throws ProcessNotEndedError */
  async stop(): Promise<void> {
    await this.#client.execute('quit').catch(() => {})
    if (!(await untilGone(this.#process, quitMilliseconds))) await endProcess(this.#process, 0)
    this.#client.close()
    for (const name of [this.#place.nbd, this.#place.monitor, this.#place.log]) {
      rmSync(join(this.#place.directory, name), { force: true })
    }
  }

  /** Makes sure that nothing is left of one that was lost. */
  async end(): Promise<void> {
    this.#client.close()
    await endProcess(this.#process, 0)
  }

  /** Lets it run on alone. */
  leave(): void {
    this.#client.close()
  }

  async #dropCopy(): Promise<void> {
    const client = this.#client
    for (const { id, status } of await client.execute<Job[]>('query-jobs')) {
      if (status !== 'concluded') {
        const ended = client.waitFor(
          ({ event, data }) =>
            event === 'JOB_STATUS_CHANGE' && data?.['id'] === id && data['status'] === 'concluded',
        )
        await client.execute('job-cancel', { id })
        await ended
      }
      await client.execute('job-dismiss', { id })
    }
    const nodes = await client.execute<{ 'node-name': string }[]>('query-named-block-nodes', { flat: true })
    if (nodes.some((node) => node['node-name'] === copyNode)) {
      await client.execute('blockdev-del', { 'node-name': copyNode })
    }
  }
}

function lastLines(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim().split('\n').slice(-3).join(' ') || 'no message'
  } catch {
    return 'no message'
  }
}
