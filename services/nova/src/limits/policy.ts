import type { PolicyRule } from '@longhaul/oslo/policy'

const operations = [{ method: 'GET', path: '/limits' }]

/** @see openstack/nova nova/policies/limits.py */
export const limitRules: PolicyRule[] = [
  {
    action: 'os_compute_api:limits',
    check: '@',
    description: "Show the limits of the caller's project and what is in use",
    operations,
  },
  {
    action: 'os_compute_api:limits:other_project',
    check: 'rule:context_is_admin',
    description: 'Show the limits of another project',
    operations,
  },
]
