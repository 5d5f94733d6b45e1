import type { PolicyRule } from '@longhaul/oslo/policy'

const tokens = '/v3/auth/tokens'

/** @see keystone, common/policies/token.py */
export const authPolicy: PolicyRule[] = [
  {
    action: 'identity:validate_token',
    check:
      'rule:admin_required or (role:reader and system_scope:all) or rule:service_role or rule:token_subject',
    description: 'Validate a token.',
    operations: [{ method: 'GET', path: tokens }],
  },
  {
    action: 'identity:check_token',
    check: 'rule:admin_required or (role:reader and system_scope:all) or rule:token_subject',
    description: 'Check a token.',
    operations: [{ method: 'HEAD', path: tokens }],
  },
  {
    action: 'identity:revoke_token',
    check: 'rule:admin_required or rule:token_subject',
    description: 'Revoke a token.',
    operations: [{ method: 'DELETE', path: tokens }],
  },
]
