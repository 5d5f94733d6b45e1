import type { PolicyRule } from '@longhaul/oslo/policy'

const all = '/v3/{project_id}/snapshots'
const one = `${all}/{snapshot_id}`

/** @see openstack/cinder cinder/policies/snapshots.py and snapshot_actions.py */
export const snapshotRules: PolicyRule[] = [
  {
    action: 'volume:create_snapshot',
    check: 'rule:xena_system_admin_or_project_member',
    description: 'Create a snapshot',
    operations: [{ method: 'POST', path: all }],
  },
  {
    action: 'volume:get_all_snapshots',
    check: 'rule:xena_system_admin_or_project_reader',
    description: 'List snapshots',
    operations: [
      { method: 'GET', path: all },
      { method: 'GET', path: `${all}/detail` },
    ],
  },
  {
    action: 'volume:get_snapshot',
    check: 'rule:xena_system_admin_or_project_reader',
    description: 'Show a snapshot',
    operations: [{ method: 'GET', path: one }],
  },
  {
    action: 'volume:update_snapshot',
    check: 'rule:xena_system_admin_or_project_member',
    description: 'Change name or description of a snapshot',
    operations: [{ method: 'PUT', path: one }],
  },
  {
    action: 'volume:delete_snapshot',
    check: 'rule:xena_system_admin_or_project_member',
    description: 'Delete a snapshot',
    operations: [{ method: 'DELETE', path: one }],
  },
  {
    action: 'volume_extension:extended_snapshot_attributes',
    check: 'rule:xena_system_admin_or_project_reader',
    description: 'See the progress and the project of a snapshot',
    operations: [
      { method: 'GET', path: `${all}/detail` },
      { method: 'GET', path: one },
    ],
  },
  {
    action: 'volume_extension:snapshot_admin_actions:reset_status',
    check: 'rule:admin_api',
    description: 'Set the status of a snapshot',
    operations: [{ method: 'POST', path: `${one}/action` }],
  },
  {
    action: 'volume_extension:snapshot_admin_actions:force_delete',
    check: 'rule:admin_api',
    description: 'Delete a snapshot whatever its state',
    operations: [{ method: 'POST', path: `${one}/action` }],
  },
]
