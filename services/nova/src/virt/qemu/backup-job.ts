import { createHash } from 'node:crypto'
import type { QmpClient, QmpEvent } from '@longhaul/qemu'
import { DriverError } from '../driver.ts'
import { diskNode } from './command-line.ts'
import { nextChange, unlessRefused } from './qmp-waiting.ts'

/** QEMU's view of a job. @see QEMU, qapi/job.json, JobInfo */
export interface BlockJob {
  id: string
  status: string
  'current-progress': number
  'total-progress': number
  error?: string
}

// Progress has no event of its own; the end has one.
const progressMilliseconds = 200

/** The backup job of one operation inside a QEMU process: a restarted agent finds it by its name. */
export class BackupJob {
  readonly #qmp: QmpClient
  readonly #job: string
  readonly #target: string

  constructor(qmp: QmpClient, operation: string) {
    this.#qmp = qmp
    // The name of a node has at most 31 characters.
    this.#job = `backup-${createHash('sha256').update(operation).digest('hex').slice(0, 16)}`
    this.#target = `${this.#job}-to`
  }

  async find(): Promise<BlockJob | undefined> {
    const jobs = await this.#qmp.execute<BlockJob[]>('query-jobs')
    return jobs.find((job) => job.id === this.#job)
  }

  /** Gives QEMU the empty image to write to. */
  async addTarget(image: string): Promise<void> {
    await this.#qmp.execute('blockdev-add', {
      driver: 'qcow2',
      'node-name': this.#target,
      discard: 'unmap',
      'detect-zeroes': 'unmap',
      file: { driver: 'file', filename: image },
    })
  }

  /** The point in time of the backup. @param bandwidth bytes a second, of the disk as the guest sees it; 0: unlimited */
  async start(bandwidth: number): Promise<void> {
    await this.#qmp.execute('blockdev-backup', {
      'job-id': this.#job,
      device: diskNode,
      target: this.#target,
      sync: 'full',
      // It stays listed when it ends, so that its outcome is not lost with the agent.
      'auto-dismiss': false,
      ...(bandwidth > 0 ? { speed: bandwidth } : {}),
    })
  }

  /**
   * Waits for the job's end.
   *
   * @param watch.signal when aborted the job is cancelled; its end is waited for all the same
   * @returns why it has no result; undefined: it has one
   * @throws DriverError `backup_lost` when QEMU does not know the job
   */
  async concluded(watch: {
    onProgress?: (done: number, total: number) => void
    signal: AbortSignal
  }): Promise<string | undefined> {
    let cancelled = false
    for (;;) {
      const job = await this.find()
      if (!job) throw new DriverError('backup_lost', 'the backup job is gone', { terminal: false })
      watch.onProgress?.(job['current-progress'], job['total-progress'])
      if (job.status === 'concluded') return job.error ?? (cancelled ? 'cancelled' : undefined)
      if (watch.signal.aborted && !cancelled) {
        cancelled = true
        await unlessRefused(this.#qmp.execute('job-cancel', { id: this.#job }))
      }
      await this.#change(cancelled ? undefined : watch.signal)
    }
  }

  /** Lets QEMU write everything out and close the file. May be repeated. */
  async release(): Promise<void> {
    await unlessRefused(this.#qmp.execute('job-dismiss', { id: this.#job }))
    await unlessRefused(this.#qmp.execute('blockdev-del', { 'node-name': this.#target }))
  }

  #change(signal: AbortSignal | undefined): Promise<void> {
    const fits = ({ event, data }: QmpEvent) => event === 'JOB_STATUS_CHANGE' && data?.['id'] === this.#job
    return nextChange(this.#qmp, fits, progressMilliseconds, signal)
  }
}
