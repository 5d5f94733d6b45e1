import type { PolicyRule } from '@longhaul/oslo/policy'

const adminOrMember = 'rule:context_is_admin or (role:member and project_id:%(project_id)s)'
const list = '/v2.0/networks'
const one = '/v2.0/networks/{network_id}'

/** Who may do what with networks. @see openstack/neutron neutron/conf/policies/network.py */
export const networkRules: PolicyRule[] = [
  {
    action: 'create_network',
    check: adminOrMember,
    description: 'Make a network',
    operations: [{ method: 'POST', path: list }],
  },
  {
    action: 'create_network:shared',
    check: 'rule:context_is_admin',
    description: 'Make a network that all projects may use',
    operations: [{ method: 'POST', path: list }],
  },
  {
    action: 'get_network',
    check:
      'rule:context_is_admin or (role:reader and project_id:%(project_id)s) or rule:shared or rule:service_api',
    description: 'Show a network',
    operations: [
      { method: 'GET', path: list },
      { method: 'GET', path: one },
    ],
  },
  {
    action: 'update_network',
    check: adminOrMember,
    description: 'Change a network',
    operations: [{ method: 'PUT', path: one }],
  },
  {
    action: 'update_network:shared',
    check: 'rule:context_is_admin',
    description: 'Let all projects use a network, or no longer',
    operations: [{ method: 'PUT', path: one }],
  },
  {
    action: 'delete_network',
    check: adminOrMember,
    description: 'Delete a network',
    operations: [{ method: 'DELETE', path: one }],
  },
]
