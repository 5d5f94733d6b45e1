import type { PolicyRule } from '@longhaul/oslo/policy'

const path = '/os-quota-sets/{project_id}'

/** @see openstack/nova nova/policies/quota_sets.py */
export const quotaSetRules: PolicyRule[] = [
  {
    action: 'os_compute_api:os-quota-sets:show',
    check: 'rule:project_reader_or_admin',
    description: 'Show the quotas of a project',
    operations: [{ method: 'GET', path }],
  },
  {
    action: 'os_compute_api:os-quota-sets:detail',
    check: 'rule:project_reader_or_admin',
    description: 'Show the quotas of a project and what is in use',
    operations: [{ method: 'GET', path: `${path}/detail` }],
  },
  {
    action: 'os_compute_api:os-quota-sets:defaults',
    check: '@',
    description: 'Show the quotas that projects have by default',
    operations: [{ method: 'GET', path: `${path}/defaults` }],
  },
  {
    action: 'os_compute_api:os-quota-sets:update',
    check: 'rule:context_is_admin',
    description: 'Set quotas of a project',
    operations: [{ method: 'PUT', path }],
  },
  {
    action: 'os_compute_api:os-quota-sets:delete',
    check: 'rule:context_is_admin',
    description: 'Give a project the default quotas again',
    operations: [{ method: 'DELETE', path }],
  },
]
