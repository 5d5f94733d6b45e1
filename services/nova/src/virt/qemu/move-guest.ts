// From a guest that runs to one that has left: the copy of its disk, then that of its memory, in QEMU's hands.
import { inspectImage, type QmpClient, type QmpEvent } from '@longhaul/qemu'
import type { Moved } from '../../migration-protocol.ts'
import { DriverError, type MigrateOptions } from '../driver.ts'
import { DiskMirror, diskFailed, isOfMirror, type DiskDestination } from './disk-mirror.ts'
import type { Host } from './host.ts'
import { runStateOf } from './memory-file.ts'
import { addCredentials, configureMigration, migrationUri, removeCredentials } from './migration-channel.ts'
import { MigrationProgress } from './migration-progress.ts'
import type { OutgoingMigration } from './migration-record.ts'
import { isRefusal, nextChange, unlessRefused } from './qmp-waiting.ts'

/** @see QEMU, qapi/migration.json, MigrationInfo */
interface Migration {
  status?: string
  'error-desc'?: string
  ram?: { total: number; transferred: number; remaining: number }
}

const pollMilliseconds = 200
const mebibyte = 2 ** 20

/** States from which a migration does not go on by itself; undefined: there was none. */
const over: ReadonlySet<string | undefined> = new Set([undefined, 'none', 'completed', 'failed', 'cancelled'])

export function migrationOf(qmp: QmpClient): Promise<Migration> {
  return qmp.execute<Migration>('query-migrate')
}

async function underWay(qmp: QmpClient): Promise<boolean> {
  return !over.has((await migrationOf(qmp)).status)
}

/**
 * Does what of it is not done yet.
 *
 * @throws DriverError `migration_cancelled`, `migration_failed`; QmpError. The guest is here then, and QEMU as before
 */
export async function moveGuest(
  host: Host,
  id: string,
  qmp: QmpClient,
  options: MigrateOptions,
): Promise<Moved> {
  const move = new Move(host, id, qmp, options)
  try {
    await move.begin()
    return await move.end()
  } catch (error) {
    if (!(error instanceof DriverError) && !isRefusal(error)) throw error
    await calledOff(qmp)
    await leaveNothing(qmp)
    throw isRefusal(error) ? failed(error.message, error) : error
  }
}

/** Whether a guest that is to leave has done so; waits for the memory that follows it. @throws DriverError `monitor_lost` */
export async function hasLeft(host: Host, id: string, { postCopied }: OutgoingMigration): Promise<boolean> {
  try {
    return await host.withMonitor(id, async (qmp) => {
      for (;;) {
        const { status } = await migrationOf(qmp)
        if (status !== 'postcopy-active') {
          return postCopied || (status === 'completed' && (await runStateOf(qmp)) !== 'running')
        }
        await nextChange(qmp, isOfMigration, pollMilliseconds)
      }
    })
  } catch (error) {
    if (error instanceof DriverError && error.code === 'guest_stopped') return true
    throw error
  }
}

/** Cancels a migration that is under way, and waits for its end; one in post-copy cannot be. */
export async function calledOff(qmp: QmpClient): Promise<void> {
  for (let asked = false; ; asked = true) {
    const { status } = await migrationOf(qmp)
    if (over.has(status) || status?.startsWith('postcopy')) return
    if (!asked) await qmp.execute('migrate_cancel')
    await nextChange(qmp, isOfMigration, pollMilliseconds)
  }
}

/** Makes QEMU forget what a migration that is over has used. May be repeated. */
export async function leaveNothing(qmp: QmpClient): Promise<void> {
  await new DiskMirror(qmp).giveUp()
  await configureMigration(qmp, [])
  await removeCredentials(qmp)
}

class Move {
  readonly #host: Host
  readonly #id: string
  readonly #qmp: QmpClient
  readonly #options: MigrateOptions
  readonly #mirror: DiskMirror
  #progress = new MigrationProgress(0, 0)

  constructor(host: Host, id: string, qmp: QmpClient, options: MigrateOptions) {
    this.#host = host
    this.#id = id
    this.#qmp = qmp
    this.#options = options
    this.#mirror = new DiskMirror(qmp)
  }

  /** Up to QEMU's being at work on the memory. */
  async begin(): Promise<void> {
    const { memoryMb } = this.#host.instances.guest(this.#id)!
    const { disk } = this.#record.destination
    const size = disk ? (await inspectImage(this.#host.instances.paths(this.#id).disk)).virtualSize : 0
    this.#progress = new MigrationProgress(memoryMb * mebibyte, size)
    if (this.#record.phase !== 'prepared') return
    const begun = (await underWay(this.#qmp)) || (await runStateOf(this.#qmp)) === 'postmigrate'
    if (!begun) {
      if (disk) await this.#copyDisk({ ...disk, host: this.#record.destination.host })
      else await this.#configure()
      const { host, port } = this.#record.destination
      if (this.#options.signal.aborted) throw cancelledError()
      await this.#qmp.execute('migrate', { uri: migrationUri(host, port) })
    }
    this.#write({ phase: 'moving' })
  }

  /** Up to the guest's having left. */
  async end(): Promise<Moved> {
    for (let cancelled = false; ;) {
      const { status, ram, 'error-desc': why = 'unknown' } = await migrationOf(this.#qmp)
      if (ram) this.#progress.memory(ram)
      await this.#watchDisk(status)
      this.#tell()
      if (status === 'completed' || status?.startsWith('postcopy')) return this.#left(status !== 'completed')
      // The end of the connection that a cancellation brings about may count as a failure to QEMU.
      if (status === 'cancelled' || (cancelled && status === 'failed')) throw cancelledError()
      if (status === 'failed') throw failed(why)
      if (this.#options.signal.aborted && !cancelled) {
        cancelled = true
        await this.#qmp.execute('migrate_cancel')
      } else if (status === 'pre-switchover' && !cancelled) {
        if (!(await this.#mirror.complete(this.#options.signal))) continue
        this.#progress.diskDone()
        await unlessRefused(this.#qmp.execute('migrate-continue', { state: status }))
      } else if (status === 'active') await this.#force()
      await nextChange(this.#qmp, isOfMove, pollMilliseconds, cancelled ? undefined : this.#options.signal)
    }
  }

  async #copyDisk(to: DiskDestination): Promise<void> {
    if (!(await this.#mirror.find())) {
      await leaveNothing(this.#qmp)
      const credentials = await this.#configure()
      await this.#mirror.start(to, this.#record.bandwidth ?? 0, credentials)
    }
    for (;;) {
      const job = await this.#mirror.find()
      if (!job || job.status === 'concluded') throw diskFailed(job?.error ?? 'it has ended')
      this.#progress.disk(job)
      this.#tell()
      if (job.ready) return
      if (this.#options.signal.aborted) throw cancelledError()
      if (!this.#record.postCopyPermitted) await this.#force()
      await nextChange(this.#qmp, isOfMove, pollMilliseconds, this.#options.signal)
    }
  }

  /** @returns how a connection for the disk names the certificates */
  async #configure(): Promise<{ 'tls-creds'?: string }> {
    const { destination, autoConverge, postCopyPermitted, bandwidth, downtime } = this.#record
    const { tls, disk } = destination
    const credentials = tls ? await addCredentials(this.#qmp, this.#host.settings, 'client') : {}
    if (tls && !('tls-creds' in credentials)) throw failed('the source has no certificates for migrations')
    await configureMigration(
      this.#qmp,
      [
        ...(['events', 'return-path'] as const),
        ...(disk ? (['pause-before-switchover'] as const) : []),
        ...(autoConverge ? (['auto-converge'] as const) : []),
        ...(postCopyPermitted ? (['postcopy-ram'] as const) : []),
      ],
      { bandwidth, downtime, tls },
    )
    return credentials
  }

  async #watchDisk(status: string | undefined): Promise<void> {
    const job = this.#record.destination.disk ? await this.#mirror.find() : undefined
    // An agent that died may have completed it already.
    if (!job || status === 'pre-switchover') return
    if (job.status === 'concluded') throw diskFailed(job.error ?? 'it has ended')
    this.#progress.disk(job)
  }

  /** Brings the end about, if that is wanted: a guest that stands still changes nothing any more. */
  async #force(): Promise<void> {
    const { forced, postCopyPermitted } = this.#record
    if (!forced) return
    await unlessRefused(this.#qmp.execute(postCopyPermitted ? 'migrate-start-postcopy' : 'stop'))
  }

  #left(postCopied: boolean): Moved {
    this.#write({ phase: 'moved', postCopied })
    return { running: this.#record.running, post_copy: postCopied }
  }

  #tell(): void {
    this.#options.onProgress(this.#progress.value)
  }

  // What was wished meanwhile stands there as well.
  get #record(): OutgoingMigration {
    const record = this.#host.instances.migration(this.#id)
    if (record?.role === 'source' && record.operation === this.#options.operation) return record
    throw failed('it was given up')
  }

  #write(changes: Partial<OutgoingMigration>): void {
    this.#host.instances.setMigration(this.#id, { ...this.#record, ...changes })
  }
}

function isOfMigration({ event }: QmpEvent): boolean {
  return event === 'MIGRATION'
}

function isOfMove(event: QmpEvent): boolean {
  return isOfMigration(event) || isOfMirror(event)
}

function cancelledError(): DriverError {
  return new DriverError('migration_cancelled', 'the migration was cancelled')
}

function failed(why: string, cause?: unknown): DriverError {
  return new DriverError('migration_failed', `the migration failed: ${why}`, { cause })
}
