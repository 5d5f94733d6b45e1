import type { Destination } from '../../migration-protocol.ts'
import { DriverError, type MigrationLimits } from '../driver.ts'

/**
 * A guest that is on its way, as its source knows it. Its phases:
 *
 * `prepared` --migrate--> `moving` --QEMU has sent everything, or post-copy has begun--> `moved`
 *
 * From `moved` on it goes on here only by reclaimSource, and never after post-copy has begun.
 */
export interface OutgoingMigration extends MigrationLimits {
  role: 'source'
  operation: string
  destination: Destination
  phase: 'prepared' | 'moving' | 'moved'
  /** Whether it ran when it began. */
  running: boolean
  postCopyPermitted: boolean
  autoConverge: boolean
  /** It is to come to its end. */
  forced: boolean
  /** Its memory follows it. */
  postCopied: boolean
}

/**
 * A guest that is awaited, as its destination knows it. Its phases:
 *
 * `preparing` --prepareIncoming--> `waiting` --finishMigration, before it lets the guest go on--> `running` --> no record
 *
 * It has never run here before `running`, and QEMU lets it go on only when it is told to.
 */
export interface IncomingMigration {
  role: 'destination'
  operation: string
  /** Where the source sends it; once it is `waiting`. */
  destination?: Destination
  /** Whether the disk is the source's own as well. */
  sharedDisk: boolean
  phase: 'preparing' | 'waiting' | 'running'
}

export type StoredMigration = OutgoingMigration | IncomingMigration

export function guestMigrating(): DriverError {
  return new DriverError('guest_migrating', 'the guest is being migrated')
}

export function guestPresent(): DriverError {
  return new DriverError('guest_present', 'the guest is on this host')
}

/** A guest that has never run here: nobody is told of it. */
export function isAwaited(migration: StoredMigration | undefined): boolean {
  return migration?.role === 'destination' && migration.phase !== 'running'
}

/** Whether the other host of a migration has the same disk. */
export function sharesDisk(migration: StoredMigration | undefined): boolean {
  if (!migration) return false
  return migration.role === 'source' ? migration.destination.disk === undefined : migration.sharedDisk
}
