import type { PolicyRule } from '@longhaul/oslo/policy'
import { collectionPolicy, readsAll } from '../policy.ts'

const inDomain = (role: string) => `(role:${role} and domain_id:%(target.user.domain_id)s)`
const self = 'user_id:%(target.user.id)s'

/** @see keystone, common/policies/user.py, project.py, group.py */
export const userPolicy: PolicyRule[] = [
  ...collectionPolicy(
    {
      list: 'identity:list_users',
      get: 'identity:get_user',
      create: 'identity:create_user',
      update: 'identity:update_user',
      delete: 'identity:delete_user',
    },
    {
      list: `${readsAll} or (role:reader and domain_id:%(target.domain_id)s)`,
      get: `${readsAll} or ${inDomain('reader')} or ${self}`,
      write: `rule:admin_required or ${inDomain('manager')}`,
    },
  ),
  {
    action: 'identity:list_user_projects',
    check: `${readsAll} or ${inDomain('reader')} or ${self}`,
    description: 'List the projects of a user.',
    operations: [{ method: 'GET', path: '/v3/users/{user_id}/projects' }],
  },
  {
    action: 'identity:list_groups_for_user',
    check: `${readsAll} or ${inDomain('reader')} or user_id:%(user_id)s`,
    description: 'List the groups of a user.',
    operations: [{ method: 'GET', path: '/v3/users/{user_id}/groups' }],
  },
]
