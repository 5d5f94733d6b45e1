import type { PolicyRule } from '@longhaul/oslo/policy'

/** @see openstack/cinder cinder/policies/services.py */
export const serviceRules: PolicyRule[] = [
  {
    action: 'volume_extension:services:index',
    check: 'rule:admin_api',
    description: 'List the processes of the service',
    operations: [{ method: 'GET', path: '/v3/{project_id}/os-services' }],
  },
]
