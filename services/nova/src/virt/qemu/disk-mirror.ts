import type { QmpClient, QmpEvent } from '@longhaul/qemu'
import type { Destination } from '../../migration-protocol.ts'
import { DriverError } from '../driver.ts'
import { diskNode } from './command-line.ts'
import { nextChange, unlessRefused } from './qmp-waiting.ts'

/** QEMU's view of the job. @see QEMU, qapi/block-core.json, BlockJobInfo */
interface MirrorJob {
  device: string
  offset: number
  len: number
  ready: boolean
  status: string
  error?: string
}

const job = 'migration-disk'
const [connection, target] = ['migration-nbd', 'migration-to']
const pollMilliseconds = 200

/** The disk that QEMU's destination is given as well, as long as the guest runs here. */
export type DiskDestination = Pick<Destination, 'host'> & NonNullable<Destination['disk']>

/** Copies a guest's disk to a node that its destination serves, and keeps it the same until the guest leaves. */
export class DiskMirror {
  readonly #qmp: QmpClient

  constructor(qmp: QmpClient) {
    this.#qmp = qmp
  }

  async find(): Promise<MirrorJob | undefined> {
    const jobs = await this.#qmp.execute<MirrorJob[]>('query-block-jobs')
    return jobs.find(({ device }) => device === job)
  }

  /** @param bandwidth bytes a second; 0: unlimited */
  async start(to: DiskDestination, bandwidth: number, tls: { 'tls-creds'?: string }): Promise<void> {
    await this.#qmp.execute('blockdev-add', {
      driver: 'nbd',
      'node-name': connection,
      server: { type: 'inet', host: to.host, port: String(to.port) },
      export: to.export,
      ...tls,
    })
    await this.#qmp.execute('blockdev-add', { driver: 'raw', 'node-name': target, file: connection })
    await this.#qmp.execute('blockdev-mirror', {
      'job-id': job,
      device: diskNode,
      target,
      sync: to.sync,
      speed: bandwidth,
      // It stays listed when it ends, so that its outcome is not lost with the agent.
      'auto-dismiss': false,
      'on-source-error': 'report',
      'on-target-error': 'report',
    })
  }

  /** Changes the speed of a copy that runs; 0: unlimited. */
  async limit(bandwidth: number): Promise<void> {
    await unlessRefused(this.#qmp.execute('block-job-set-speed', { device: job, speed: bandwidth }))
  }

  /**
   * Ends the copy of a guest that stands still, as quickly as it can: from then on nothing that is here is missing there.
   *
   * @param signal what ends the waiting, if the destination does not answer
   * @returns whether it has ended
   * @throws DriverError `migration_failed`: something is missing
   */
  async complete(signal: AbortSignal): Promise<boolean> {
    const known = await this.find()
    if (!known) return true
    if (!known.ready && known.status !== 'concluded')
      throw diskFailed('the copy of the disk was not complete')
    await this.limit(0)
    await unlessRefused(this.#qmp.execute('block-job-cancel', { device: job }))
    const outcome = await this.#concluded(signal)
    if (!outcome) return false
    await this.#release()
    if (outcome.error !== undefined) throw diskFailed(outcome.error)
    return true
  }

  /** Breaks the copy off. May be repeated. */
  async giveUp(): Promise<void> {
    if (await this.find()) {
      await unlessRefused(this.#qmp.execute('block-job-cancel', { device: job, force: true }))
      await this.#concluded()
    }
    await this.#release()
  }

  /** @returns undefined if the signal came first */
  async #concluded(signal?: AbortSignal): Promise<Partial<MirrorJob> | undefined> {
    for (;;) {
      const known = await this.find()
      if (!known || known.status === 'concluded') return known ?? {}
      if (signal?.aborted) return undefined
      await nextChange(this.#qmp, isOfMirror, pollMilliseconds, signal)
    }
  }

  async #release(): Promise<void> {
    await unlessRefused(this.#qmp.execute('job-dismiss', { id: job }))
    for (const node of [target, connection]) {
      await unlessRefused(this.#qmp.execute('blockdev-del', { 'node-name': node }))
    }
  }
}

/** Whether an event tells of the copy. */
export function isOfMirror({ event, data }: QmpEvent): boolean {
  return (event === 'JOB_STATUS_CHANGE' && data?.['id'] === job) || event === 'BLOCK_JOB_READY'
}

export function diskFailed(why: string): DriverError {
  return new DriverError('migration_failed', `the disk could not be copied: ${why}`)
}
