import type { PolicyRule } from '@longhaul/oslo/policy'
import { cloudScopes, collectionPolicy, readsAll } from '../policy.ts'

const implies = '/v3/roles/{prior_role_id}/implies'
const impliedRule = (name: string, method: string, path: string, description: string): PolicyRule => ({
  action: `identity:${name}`,
  check: method === 'PUT' || method === 'DELETE' ? 'rule:admin_required' : readsAll,
  description,
  operations: [{ method, path }],
  scopeTypes: cloudScopes,
})

/** @see keystone, common/policies/role.py, implied_role.py */
export const rolePolicy: PolicyRule[] = [
  ...collectionPolicy('role', 'roles', {
    list: `${readsAll} or (role:manager and domain_id:%(target.domain_id)s)`,
    get: `${readsAll} or (role:manager and rule:domain_managed_target_role)`,
    writeScopes: cloudScopes,
  }),
  ...collectionPolicy(
    'domain_role',
    'domain_roles',
    { readScopes: cloudScopes, writeScopes: cloudScopes },
    'roles',
  ),
  impliedRule('list_role_inference_rules', 'GET', '/v3/role_inferences', 'List all that roles imply.'),
  impliedRule('list_implied_roles', 'GET', implies, 'List what a role implies.'),
  impliedRule('get_implied_role', 'GET', `${implies}/{implied_role_id}`, 'Show that a role implies another.'),
  impliedRule(
    'check_implied_role',
    'HEAD',
    `${implies}/{implied_role_id}`,
    'Check that a role implies another.',
  ),
  impliedRule('create_implied_role', 'PUT', `${implies}/{implied_role_id}`, 'Let a role imply another.'),
  impliedRule(
    'delete_implied_role',
    'DELETE',
    `${implies}/{implied_role_id}`,
    'End that a role implies another.',
  ),
]
