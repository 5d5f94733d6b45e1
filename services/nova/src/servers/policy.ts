import type { PolicyRule } from '@longhaul/oslo/policy'

const action = { method: 'POST', path: '/servers/{server_id}/action' }

/** @see openstack/nova nova/policies/servers.py, extended_server_attributes.py, console_output.py */
export const serverRules: PolicyRule[] = [
  {
    action: 'os_compute_api:servers:index',
    check: 'rule:project_reader_or_admin',
    description: 'List servers',
    operations: [{ method: 'GET', path: '/servers' }],
  },
  {
    action: 'os_compute_api:servers:detail',
    check: 'rule:project_reader_or_admin',
    description: 'List servers with details',
    operations: [{ method: 'GET', path: '/servers/detail' }],
  },
  {
    action: 'os_compute_api:servers:index:get_all_tenants',
    check: 'rule:context_is_admin',
    description: 'List the servers of all projects',
    operations: [{ method: 'GET', path: '/servers' }],
  },
  {
    action: 'os_compute_api:servers:detail:get_all_tenants',
    check: 'rule:context_is_admin',
    description: 'List the servers of all projects with details',
    operations: [{ method: 'GET', path: '/servers/detail' }],
  },
  {
    action: 'os_compute_api:servers:show',
    check: 'rule:project_reader_or_admin',
    description: 'Show a server',
    operations: [{ method: 'GET', path: '/servers/{server_id}' }],
  },
  {
    action: 'os_compute_api:servers:create',
    check: 'rule:project_member_or_admin',
    description: 'Create a server',
    operations: [{ method: 'POST', path: '/servers' }],
  },
  {
    action: 'os_compute_api:servers:delete',
    check: 'rule:project_member_or_admin',
    description: 'Delete a server',
    operations: [{ method: 'DELETE', path: '/servers/{server_id}' }],
  },
  {
    action: 'os_compute_api:servers:create_image',
    check: 'rule:project_member_or_admin',
    description: 'Create an image from a server',
    operations: [action],
  },
  {
    action: 'os_compute_api:os-console-output',
    check: 'rule:project_member_or_admin',
    description: 'Show what a server wrote to its console',
    operations: [action],
  },
  {
    action: 'os_compute_api:os-extended-server-attributes',
    check: 'rule:context_is_admin',
    description: 'See the host of a server',
    operations: [{ method: 'GET', path: '/servers/{server_id}' }],
  },
]
