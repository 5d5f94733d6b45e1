import type { PolicyRule } from '@longhaul/oslo/policy'

/** @see openstack/nova nova/policies/aggregates.py */
export const aggregateRules: PolicyRule[] = [
  {
    action: 'os_compute_api:os-aggregates:index',
    check: 'rule:context_is_admin',
    description: 'List groups of hosts; there are none',
    operations: [{ method: 'GET', path: '/os-aggregates' }],
  },
]
