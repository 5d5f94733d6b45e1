import type { PolicyRule } from '@longhaul/oslo/policy'

const one = '/v3/{project_id}/volumes/{volume_id}'
const detail = '/v3/{project_id}/volumes/detail'
const shown = [
  { method: 'GET', path: one },
  { method: 'GET', path: detail },
]

/** @see openstack/cinder cinder/policies/volumes.py and volume_metadata.py */
export const volumeRules: PolicyRule[] = [
  {
    action: 'volume:create',
    check: 'rule:xena_system_admin_or_project_member',
    description: 'Create a volume',
    operations: [{ method: 'POST', path: '/v3/{project_id}/volumes' }],
  },
  {
    action: 'volume:create_from_image',
    check: 'rule:xena_system_admin_or_project_member',
    description: 'Create a volume from an image',
    operations: [{ method: 'POST', path: '/v3/{project_id}/volumes' }],
  },
  {
    action: 'volume:get',
    check: 'rule:xena_system_admin_or_project_reader',
    description: 'Show a volume',
    operations: [{ method: 'GET', path: one }],
  },
  {
    action: 'volume:get_all',
    check: 'rule:xena_system_admin_or_project_reader',
    description: 'List volumes, or their summary',
    operations: [
      { method: 'GET', path: '/v3/{project_id}/volumes' },
      { method: 'GET', path: detail },
      { method: 'GET', path: '/v3/{project_id}/volumes/summary' },
    ],
  },
  {
    action: 'volume:update',
    check: 'rule:xena_system_admin_or_project_member',
    description: 'Change name, description, or whether it is bootable',
    operations: [
      { method: 'PUT', path: one },
      { method: 'POST', path: `${one}/action` },
    ],
  },
  {
    action: 'volume:delete',
    check: 'rule:xena_system_admin_or_project_member',
    description: 'Delete a volume',
    operations: [{ method: 'DELETE', path: one }],
  },
  {
    action: 'volume:force_delete',
    check: 'rule:admin_api',
    description: 'Delete a volume whatever its state',
    operations: [{ method: 'DELETE', path: one }],
  },
  {
    action: 'volume_extension:volume_host_attribute',
    check: 'rule:admin_api',
    description: 'See the host of a volume',
    operations: shown,
  },
  {
    action: 'volume_extension:volume_tenant_attribute',
    check: 'rule:xena_system_admin_or_project_reader',
    description: 'See the project of a volume',
    operations: shown,
  },
  {
    action: 'volume_extension:volume_mig_status_attribute',
    check: 'rule:admin_api',
    description: 'See the state of a migration, always none',
    operations: shown,
  },
  {
    action: 'volume_extension:volume_image_metadata:show',
    check: 'rule:xena_system_admin_or_project_reader',
    description: 'See what the image of a volume said of itself',
    operations: shown,
  },
]
