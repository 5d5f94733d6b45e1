import type { PolicyRule } from '@longhaul/oslo/policy'

const admin = 'rule:context_is_admin'

/** @see openstack/nova nova/policies/services.py */
export const serviceRules: PolicyRule[] = [
  {
    action: 'os_compute_api:os-services:list',
    check: admin,
    description: "List nova's processes",
    operations: [{ method: 'GET', path: '/os-services' }],
  },
  {
    action: 'os_compute_api:os-services:update',
    check: admin,
    description: 'Enable or disable a compute host, or say that it is down',
    operations: [{ method: 'PUT', path: '/os-services/{service_id}' }],
  },
  {
    action: 'os_compute_api:os-services:delete',
    check: admin,
    description: 'Forget a process of nova',
    operations: [{ method: 'DELETE', path: '/os-services/{service_id}' }],
  },
]
