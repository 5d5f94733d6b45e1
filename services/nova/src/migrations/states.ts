import type { MigrationStatus } from '../migration-status.ts'

/** Statuses in which a live migration is shown under its server. @see openstack/nova nova/db/main/api.py, migration_get_in_progress_by_instance */
export const shownStatuses: readonly MigrationStatus[] = [
  'queued',
  'preparing',
  'running',
  'running (post-copy)',
]

export function underWay({ status }: { status: string }): boolean {
  return shownStatuses.includes(status as MigrationStatus)
}
