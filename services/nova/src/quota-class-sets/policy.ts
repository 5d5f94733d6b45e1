import type { PolicyRule } from '@longhaul/oslo/policy'

const path = '/os-quota-class-sets/{quota_class}'

/** @see openstack/nova nova/policies/quota_class_sets.py */
export const quotaClassSetRules: PolicyRule[] = [
  {
    action: 'os_compute_api:os-quota-class-sets:show',
    check: 'rule:context_is_admin',
    description: 'Show the quotas of a class; `default` is the class of every project',
    operations: [{ method: 'GET', path }],
  },
  {
    action: 'os_compute_api:os-quota-class-sets:update',
    check: 'rule:context_is_admin',
    description: 'Set quotas of a class',
    operations: [{ method: 'PUT', path }],
  },
]
