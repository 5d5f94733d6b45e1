import type { PolicyRule } from '@longhaul/oslo/policy'

const action = '/flavors/{flavor_id}/action'
const specs = '/flavors/{flavor_id}/os-extra_specs'
const admin = 'rule:context_is_admin'
const reader = 'rule:project_reader_or_admin'

/**
 * Listing and showing flavors is open to everybody with a token, as in Nova.
 *
 * @see openstack/nova nova/policies/flavor_manage.py, flavor_access.py, flavor_extra_specs.py
 */
export const flavorRules: PolicyRule[] = [
  {
    action: 'os_compute_api:os-flavor-manage:create',
    check: admin,
    description: 'Create a flavor',
    operations: [{ method: 'POST', path: '/flavors' }],
  },
  {
    action: 'os_compute_api:os-flavor-manage:update',
    check: admin,
    description: "Change a flavor's description",
    operations: [{ method: 'PUT', path: '/flavors/{flavor_id}' }],
  },
  {
    action: 'os_compute_api:os-flavor-manage:delete',
    check: admin,
    description: 'Delete a flavor',
    operations: [{ method: 'DELETE', path: '/flavors/{flavor_id}' }],
  },
  {
    action: 'os_compute_api:os-flavor-access',
    check: admin,
    description: 'List the projects that may use a flavor',
    operations: [{ method: 'GET', path: '/flavors/{flavor_id}/os-flavor-access' }],
  },
  {
    action: 'os_compute_api:os-flavor-access:add_tenant_access',
    check: admin,
    description: 'Give a project access to a flavor',
    operations: [{ method: 'POST', path: action }],
  },
  {
    action: 'os_compute_api:os-flavor-access:remove_tenant_access',
    check: admin,
    description: 'Take access to a flavor from a project',
    operations: [{ method: 'POST', path: action }],
  },
  {
    action: 'os_compute_api:os-flavor-extra-specs:index',
    check: reader,
    description: "List a flavor's extra specs, also where flavors show them",
    operations: [{ method: 'GET', path: specs }],
  },
  {
    action: 'os_compute_api:os-flavor-extra-specs:show',
    check: reader,
    description: 'Show an extra spec of a flavor',
    operations: [{ method: 'GET', path: `${specs}/{key}` }],
  },
  {
    action: 'os_compute_api:os-flavor-extra-specs:create',
    check: admin,
    description: 'Add extra specs to a flavor',
    operations: [{ method: 'POST', path: specs }],
  },
  {
    action: 'os_compute_api:os-flavor-extra-specs:update',
    check: admin,
    description: 'Change an extra spec of a flavor',
    operations: [{ method: 'PUT', path: `${specs}/{key}` }],
  },
  {
    action: 'os_compute_api:os-flavor-extra-specs:delete',
    check: admin,
    description: 'Remove an extra spec of a flavor',
    operations: [{ method: 'DELETE', path: `${specs}/{key}` }],
  },
]
