import type { PolicyRule } from '@longhaul/oslo/policy'

const ofVolume = '/v3/{project_id}/volumes/{volume_id}/metadata'
const ofSnapshot = '/v3/{project_id}/snapshots/{snapshot_id}/metadata'

function rules(names: { get: string; update: string; delete: string }, path: string): PolicyRule[] {
  return [
    {
      action: names.get,
      check: 'rule:xena_system_admin_or_project_reader',
      description: 'Show metadata',
      operations: [
        { method: 'GET', path },
        { method: 'GET', path: `${path}/{key}` },
      ],
    },
    {
      action: names.update,
      check: 'rule:xena_system_admin_or_project_member',
      description: 'Change metadata',
      operations: [
        { method: 'PUT', path },
        { method: 'PUT', path: `${path}/{key}` },
      ],
    },
    {
      action: names.delete,
      check: 'rule:xena_system_admin_or_project_member',
      description: 'Delete an item of metadata',
      operations: [{ method: 'DELETE', path: `${path}/{key}` }],
    },
  ]
}

/** @see openstack/cinder cinder/policies/volume_metadata.py and snapshot_metadata.py */
export const metadataRules: PolicyRule[] = [
  ...rules(
    {
      get: 'volume:get_volume_metadata',
      update: 'volume:update_volume_metadata',
      delete: 'volume:delete_volume_metadata',
    },
    ofVolume,
  ),
  {
    action: 'volume:create_volume_metadata',
    check: 'rule:xena_system_admin_or_project_member',
    description: 'Add metadata to a volume',
    operations: [{ method: 'POST', path: ofVolume }],
  },
  ...rules(
    {
      get: 'volume:get_snapshot_metadata',
      update: 'volume:update_snapshot_metadata',
      delete: 'volume:delete_snapshot_metadata',
    },
    ofSnapshot,
  ),
]

/** Rules of the metadata of one kind of resource. */
export interface MetadataActions {
  get: string
  create: string
  update: string
  delete: string
}

export const volumeMetadataActions: MetadataActions = {
  get: 'volume:get_volume_metadata',
  create: 'volume:create_volume_metadata',
  update: 'volume:update_volume_metadata',
  delete: 'volume:delete_volume_metadata',
}

/** Adding is changing, for snapshots. */
export const snapshotMetadataActions: MetadataActions = {
  get: 'volume:get_snapshot_metadata',
  create: 'volume:update_snapshot_metadata',
  update: 'volume:update_snapshot_metadata',
  delete: 'volume:delete_snapshot_metadata',
}
