import type { PolicyRule } from '@longhaul/oslo/policy'

const adminOrNetworkOwner = 'rule:context_is_admin or (role:member and rule:network_owner)'
const list = '/v2.0/subnets'
const one = '/v2.0/subnets/{subnet_id}'

/** Who may do what with subnets. @see openstack/neutron neutron/conf/policies/subnet.py */
export const subnetRules: PolicyRule[] = [
  {
    action: 'create_subnet',
    check: adminOrNetworkOwner,
    description: 'Make a subnet',
    operations: [{ method: 'POST', path: list }],
  },
  {
    action: 'get_subnet',
    check:
      'rule:context_is_admin or (role:reader and project_id:%(project_id)s) or (role:reader and rule:network_owner) or rule:shared or rule:service_api',
    description: 'Show a subnet',
    operations: [
      { method: 'GET', path: list },
      { method: 'GET', path: one },
    ],
  },
  {
    action: 'update_subnet',
    check: `${adminOrNetworkOwner} or (role:member and project_id:%(project_id)s)`,
    description: 'Change a subnet',
    operations: [{ method: 'PUT', path: one }],
  },
  {
    action: 'delete_subnet',
    check: `${adminOrNetworkOwner} or (role:member and project_id:%(project_id)s)`,
    description: 'Delete a subnet',
    operations: [{ method: 'DELETE', path: one }],
  },
]
