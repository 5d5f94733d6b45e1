import type { PolicyRule } from '@longhaul/oslo/policy'

const path = '/v3/{project_id}/os-quota-sets/{target_project_id}'

/** @see openstack/cinder cinder/policies/quotas.py */
export const quotaSetRules: PolicyRule[] = [
  {
    action: 'volume_extension:quotas:show',
    check: 'rule:xena_system_admin_or_project_reader',
    description: 'Show the quotas of a project, what is in use, and the defaults',
    operations: [
      { method: 'GET', path },
      { method: 'GET', path: `${path}/defaults` },
    ],
  },
  {
    action: 'volume_extension:quotas:update',
    check: 'rule:admin_api',
    description: 'Set quotas of a project',
    operations: [{ method: 'PUT', path }],
  },
  {
    action: 'volume_extension:quotas:delete',
    check: 'rule:admin_api',
    description: 'Give a project the default quotas again',
    operations: [{ method: 'DELETE', path }],
  },
]
