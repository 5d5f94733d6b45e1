import type { PolicyRule } from '@longhaul/oslo/policy'
import { readsAll } from '../policy.ts'

const path = '/v3/role_assignments'

/** @see keystone, common/policies/role_assignment.py */
export const roleAssignmentPolicy: PolicyRule[] = [
  {
    action: 'identity:list_role_assignments',
    check: `${readsAll} or (role:reader and domain_id:%(target.domain_id)s)`,
    description: 'List role assignments.',
    operations: [{ method: 'GET', path }],
  },
  {
    action: 'identity:list_role_assignments_for_tree',
    check: `${readsAll} or (role:reader and domain_id:%(target.project.domain_id)s)`,
    description: 'List role assignments on a project and all projects below it.',
    operations: [{ method: 'GET', path: `${path}?include_subtree` }],
  },
]
