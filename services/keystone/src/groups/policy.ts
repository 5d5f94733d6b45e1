import type { PolicyRule } from '@longhaul/oslo/policy'
import { collectionPolicy, readsAll } from '../policy.ts'

const ofGroup = 'domain_id:%(target.group.domain_id)s'
const ofBoth = `${ofGroup} and domain_id:%(target.user.domain_id)s`
const users = '/v3/groups/{group_id}/users'
const memberRule = (
  action: string,
  check: string,
  method: string,
  path: string,
  description: string,
): PolicyRule => ({ action, check, description, operations: [{ method, path }] })

/** @see keystone, common/policies/group.py */
export const groupPolicy: PolicyRule[] = [
  ...collectionPolicy(
    {
      list: 'identity:list_groups',
      get: 'identity:get_group',
      create: 'identity:create_group',
      update: 'identity:update_group',
      delete: 'identity:delete_group',
    },
    {
      list: `${readsAll} or (role:reader and ${ofGroup})`,
      get: `${readsAll} or (role:reader and ${ofGroup})`,
      write: `rule:admin_required or (role:manager and ${ofGroup})`,
    },
  ),
  memberRule(
    'identity:list_users_in_group',
    `${readsAll} or (role:reader and ${ofGroup})`,
    'GET',
    users,
    'List the users of a group.',
  ),
  memberRule(
    'identity:check_user_in_group',
    `${readsAll} or (role:reader and ${ofBoth})`,
    'GET',
    `${users}/{user_id}`,
    'Check whether a user is in a group.',
  ),
  memberRule(
    'identity:add_user_to_group',
    `rule:admin_required or (role:manager and ${ofBoth})`,
    'PUT',
    `${users}/{user_id}`,
    'Add a user to a group.',
  ),
  memberRule(
    'identity:remove_user_from_group',
    `rule:admin_required or (role:manager and ${ofBoth})`,
    'DELETE',
    `${users}/{user_id}`,
    'Remove a user from a group.',
  ),
]
