import type { PolicyRule } from '@longhaul/oslo/policy'

/** Who may look at limits and change them. @see openstack/neutron neutron/conf/policies/quotas.py */
export const quotaRules: PolicyRule[] = [
  {
    action: 'get_quota',
    check: 'rule:context_is_admin or (role:reader and project_id:%(project_id)s)',
    description: 'Show the limits of a project',
    operations: [
      { method: 'GET', path: '/v2.0/quotas' },
      { method: 'GET', path: '/v2.0/quotas/{project_id}' },
      { method: 'GET', path: '/v2.0/quotas/{project_id}/default' },
    ],
  },
  {
    action: 'update_quota',
    check: 'rule:context_is_admin',
    description: 'Change the limits of a project',
    operations: [{ method: 'PUT', path: '/v2.0/quotas/{project_id}' }],
  },
  {
    action: 'delete_quota',
    check: 'rule:context_is_admin',
    description: 'Let the defaults be the limits of a project',
    operations: [{ method: 'DELETE', path: '/v2.0/quotas/{project_id}' }],
  },
]
