import type { PolicyRule } from '@longhaul/oslo/policy'

/** @see keystone, common/policies/grant.py */
export const grantPolicy: PolicyRule[] = [
  { action: 'identity:check_grant', check: 'rule:admin_or_system_reader', description: 'Check a grant.' },
  {
    action: 'identity:list_grants',
    check: 'rule:admin_or_system_reader',
    description: 'List the grants of a user on a target.',
  },
  { action: 'identity:create_grant', check: 'rule:admin_required', description: 'Grant a role.' },
  { action: 'identity:revoke_grant', check: 'rule:admin_required', description: 'Take a role away.' },
]
