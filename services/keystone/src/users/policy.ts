import type { PolicyRule } from '@longhaul/oslo/policy'
import { collectionPolicy } from '../policy.ts'

/** @see keystone, common/policies/user.py */
export const userPolicy: PolicyRule[] = [
  ...collectionPolicy('user', 'users', {
    list: 'rule:admin_or_system_reader',
    get: 'rule:admin_or_system_reader or rule:owner',
  }),
  {
    action: 'identity:list_user_projects',
    check: 'rule:admin_or_system_reader or rule:owner',
    description: 'List the projects of a user.',
    operations: [{ method: 'GET', path: '/v3/users/{user_id}/projects' }],
  },
]
