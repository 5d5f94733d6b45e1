import type { PolicyRule } from '@longhaul/oslo/policy'

/** @see openstack/cinder cinder/policies/limits.py */
export const limitRules: PolicyRule[] = [
  {
    action: 'limits_extension:used_limits',
    check: 'rule:xena_system_admin_or_project_reader',
    description: 'See what is in use besides the limits',
    operations: [{ method: 'GET', path: '/v3/{project_id}/limits' }],
  },
]
