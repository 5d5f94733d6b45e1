// The source of a live migration.
import type { Moved } from '../../migration-protocol.ts'
import { DriverError, type MigrateOptions, type MigrationLimits } from '../driver.ts'
import { guestAbsent, type Host } from './host.ts'
import { runStateOf } from './memory-file.ts'
import { announcement, limitMigration as limit } from './migration-channel.ts'
import { guestMigrating, sharesDisk, type OutgoingMigration } from './migration-record.ts'
import { DiskMirror } from './disk-mirror.ts'
import { calledOff, hasLeft, leaveNothing, migrationOf, moveGuest } from './move-guest.ts'
import { endGuest } from './process.ts'

/** Writes down that a guest is to leave: from here on nothing else changes it. */
export async function beginMigration(host: Host, id: string, options: MigrateOptions): Promise<void> {
  const { instances, backups } = host
  const { operation, destination, autoConverge, bandwidth, downtime } = options
  if (!instances.exists(id)) throw guestAbsent()
  const known = instances.migration(id)
  if (known && (known.role !== 'source' || known.operation !== operation)) throw guestMigrating()
  if (known) return
  if (backups.unfinished(id).length > 0) throw new DriverError('guest_busy', 'the guest is being backed up')
  const running = await host.withMonitor(id, async (qmp) => (await runStateOf(qmp)) === 'running')
  const postCopyPermitted = options.postCopy && destination.post_copy
  const record: OutgoingMigration = {
    role: 'source',
    operation,
    destination,
    phase: 'prepared',
    running,
    postCopyPermitted,
    autoConverge,
    bandwidth,
    downtime,
    forced: false,
    postCopied: false,
  }
  instances.setMigration(id, record)
}

/** Moves a guest that is to leave. */
export async function migrate(host: Host, id: string, options: MigrateOptions): Promise<Moved> {
  const record = outgoingOf(host, id)
  const moved = await host.withMonitor(id, (qmp) => moveGuest(host, id, qmp, options))
  host.logger.info({ server: id, operation: record.operation, ...moved }, 'guest left')
  return moved
}

/** Changes the limits of a migration, also of one that has not come to that yet. */
export async function limitMigration(host: Host, id: string, limits: MigrationLimits): Promise<void> {
  const record = outgoingOf(host, id)
  const { bandwidth = record.bandwidth, downtime = record.downtime } = limits
  host.instances.setMigration(id, { ...record, bandwidth, downtime })
  await host.withMonitor(id, async (qmp) => {
    await limit(qmp, limits)
    if (limits.bandwidth !== undefined) await new DiskMirror(qmp).limit(limits.bandwidth)
  })
}

/** Whoever moves the guest sees it. */
export async function forceComplete(host: Host, id: string): Promise<void> {
  host.instances.setMigration(id, { ...outgoingOf(host, id), forced: true })
}

/** Ends a guest that has left. */
export async function confirmSource(host: Host, id: string, operation: string): Promise<void> {
  const { instances, monitors, logger } = host
  if (!instances.exists(id)) return
  const record = instances.migration(id)
  if (record?.role !== 'source' || record.operation !== operation) throw guestNotMoved()
  const process = host.search(id)
  if (process) {
    if (!(await hasLeft(host, id, record))) throw guestNotMoved()
    await endGuest(process)
  }
  monitors.close(id)
  instances.remove(id, { keepDisk: sharesDisk(record) })
  logger.info({ server: id, operation }, 'guest removed from its source')
}

/** Lets a guest go on here that has not left for good. */
export async function reclaimSource(host: Host, id: string, operation: string): Promise<void> {
  const { instances, logger } = host
  if (!instances.exists(id)) throw guestAbsent()
  const record = instances.migration(id)
  if (!record) return
  if (record.role !== 'source' || record.operation !== operation) throw guestMigrating()
  if (record.postCopied) throw guestMoved()
  try {
    await host.withMonitor(id, async (qmp) => {
      await calledOff(qmp)
      if ((await migrationOf(qmp)).status?.startsWith('postcopy')) throw guestMoved()
      await leaveNothing(qmp)
      // A guest that has been sent as a whole can be sent again only after it has gone on.
      if (record.running || (await runStateOf(qmp)) === 'postmigrate') await qmp.execute('cont')
      if (!record.running) await qmp.execute('stop')
      await qmp.execute('announce-self', announcement)
    })
  } catch (error) {
    // A guest that has ended can be started again.
    if (!(error instanceof DriverError) || error.code !== 'guest_stopped') throw error
  }
  instances.forgetMigration(id)
  logger.info({ server: id, operation }, 'guest stays')
}

function outgoingOf({ instances }: Host, id: string): OutgoingMigration {
  const record = instances.migration(id)
  if (record?.role === 'source') return record
  throw new DriverError('guest_not_migrating', 'the guest is not being migrated')
}

function guestNotMoved(): DriverError {
  return new DriverError('guest_not_moved', 'the guest has not left this host')
}

function guestMoved(): DriverError {
  return new DriverError('guest_moved', 'the guest runs at its destination')
}
