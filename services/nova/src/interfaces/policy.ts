import type { PolicyRule } from '@longhaul/oslo/policy'

const path = '/servers/{server_id}/os-interface'
const one = `${path}/{port_id}`

/** @see openstack/nova nova/policies/attach_interfaces.py */
export const interfaceRules: PolicyRule[] = [
  {
    action: 'os_compute_api:os-attach-interfaces:list',
    check: 'rule:project_reader_or_admin',
    description: 'List the ports of a server',
    operations: [{ method: 'GET', path }],
  },
  {
    action: 'os_compute_api:os-attach-interfaces:show',
    check: 'rule:project_reader_or_admin',
    description: 'Show a port of a server',
    operations: [{ method: 'GET', path: one }],
  },
  {
    action: 'os_compute_api:os-attach-interfaces:create',
    check: 'rule:project_member_or_admin',
    description: 'Attach a port to a server',
    operations: [{ method: 'POST', path }],
  },
  {
    action: 'os_compute_api:os-attach-interfaces:delete',
    check: 'rule:project_member_or_admin',
    description: 'Detach a port from a server',
    operations: [{ method: 'DELETE', path: one }],
  },
]
