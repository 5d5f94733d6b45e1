import type { PolicyRule } from '@longhaul/oslo/policy'
import { cloudScopes, collectionPolicy, readsAll } from '../policy.ts'

const implies = '/v3/roles/{prior_role_id}/implies'
const impliedRule = (action: string, method: string, path: string, description: string): PolicyRule => ({
  action,
  check: method === 'PUT' || method === 'DELETE' ? 'rule:admin_required' : readsAll,
  description,
  operations: [{ method, path }],
  scopeTypes: cloudScopes,
})

/** @see keystone, common/policies/role.py, implied_role.py */
export const rolePolicy: PolicyRule[] = [
  ...collectionPolicy(
    {
      list: 'identity:list_roles',
      get: 'identity:get_role',
      create: 'identity:create_role',
      update: 'identity:update_role',
      delete: 'identity:delete_role',
    },
    {
      list: `${readsAll} or (role:manager and domain_id:%(target.domain_id)s)`,
      get: `${readsAll} or (role:manager and rule:domain_managed_target_role)`,
      writeScopes: cloudScopes,
    },
  ),
  ...collectionPolicy(
    {
      list: 'identity:list_domain_roles',
      get: 'identity:get_domain_role',
      create: 'identity:create_domain_role',
      update: 'identity:update_domain_role',
      delete: 'identity:delete_domain_role',
    },
    { readScopes: cloudScopes, writeScopes: cloudScopes },
    'roles',
  ),
  impliedRule(
    'identity:list_role_inference_rules',
    'GET',
    '/v3/role_inferences',
    'List all that roles imply.',
  ),
  impliedRule('identity:list_implied_roles', 'GET', implies, 'List what a role implies.'),
  impliedRule(
    'identity:get_implied_role',
    'GET',
    `${implies}/{implied_role_id}`,
    'Show that a role implies another.',
  ),
  impliedRule(
    'identity:check_implied_role',
    'HEAD',
    `${implies}/{implied_role_id}`,
    'Check that a role implies another.',
  ),
  impliedRule(
    'identity:create_implied_role',
    'PUT',
    `${implies}/{implied_role_id}`,
    'Let a role imply another.',
  ),
  impliedRule(
    'identity:delete_implied_role',
    'DELETE',
    `${implies}/{implied_role_id}`,
    'End that a role implies another.',
  ),
]
