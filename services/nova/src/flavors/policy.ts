import type { PolicyRule } from '@longhaul/oslo/policy'

/** Listing and showing public flavors is open to everybody with a token, as in Nova. @see nova/policies/flavor_manage.py */
export const flavorRules: PolicyRule[] = [
  {
    action: 'os_compute_api:os-flavor-manage:create',
    check: 'rule:context_is_admin',
    description: 'Create a flavor',
    operations: [{ method: 'POST', path: '/flavors' }],
  },
  {
    action: 'os_compute_api:os-flavor-manage:delete',
    check: 'rule:context_is_admin',
    description: 'Delete a flavor',
    operations: [{ method: 'DELETE', path: '/flavors/{flavor_id}' }],
  },
  {
    action: 'os_compute_api:os-flavor-access',
    check: 'rule:context_is_admin',
    description: 'See flavors that are not public',
    operations: [{ method: 'GET', path: '/flavors' }],
  },
]
