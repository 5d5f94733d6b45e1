// The states of a live migration, as Nova keeps and shows them.
//
//   accepted --schedule--> queued --queue--> preparing --migrate--> running --finish--> completed
//      |                      |                  |                     | '--> running (post-copy) --finish--> completed
//      '------- any step that cannot succeed: error; given up by a user, an operator or its time: cancelled -------'

/** @see openstack/nova nova/compute/manager.py, _do_live_migration; nova/objects/migration.py */
export type MigrationStatus =
  | 'accepted'
  | 'queued'
  | 'preparing'
  | 'running'
  | 'running (post-copy)'
  | 'completed'
  | 'error'
  | 'cancelled'

/** States in which users see a migration as under way, and its room at the destination is claimed. */
export const inProgress: readonly MigrationStatus[] = [
  'accepted',
  'queued',
  'preparing',
  'running',
  'running (post-copy)',
]
