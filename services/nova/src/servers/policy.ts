import type { PolicyRule } from '@longhaul/oslo/policy'

const action = { method: 'POST', path: '/servers/{server_id}/action' }

const shown = [
  { method: 'GET', path: '/servers/{server_id}' },
  { method: 'GET', path: '/servers/detail' },
  { method: 'PUT', path: '/servers/{server_id}' },
]

/** @see openstack/nova nova/policies/servers.py, extended_server_attributes.py, console_output.py, lock_server.py, ips.py */
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
  ...[
    ['os_compute_api:servers:start', 'Start a server'],
    ['os_compute_api:servers:stop', 'Stop a server'],
    ['os_compute_api:servers:reboot', 'Reboot a server'],
    ['os_compute_api:os-pause-server:pause', 'Pause a server'],
    ['os_compute_api:os-pause-server:unpause', 'Unpause a server'],
    ['os_compute_api:os-suspend-server:suspend', 'Suspend a server'],
    ['os_compute_api:os-suspend-server:resume', 'Resume a suspended server'],
  ].map(([name, description]) => ({
    action: name!,
    check: 'rule:project_member_or_admin',
    description: description!,
    operations: [action],
  })),
  {
    action: 'os_compute_api:os-migrate-server:migrate_live',
    check: 'rule:project_manager_or_admin',
    description: 'Move a running server to another host',
    operations: [action],
  },
  {
    action: 'os_compute_api:os-migrate-server:migrate_live:host',
    check: 'rule:context_is_admin',
    description: 'Name the host that a server is moved to',
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
    description: 'See the host of a server and its other inner attributes',
    operations: shown,
  },
  {
    action: 'os_compute_api:servers:allow_all_filters',
    check: 'rule:context_is_admin',
    description: 'Filter lists of servers by everything',
    operations: [
      { method: 'GET', path: '/servers' },
      { method: 'GET', path: '/servers/detail' },
    ],
  },
  {
    action: 'os_compute_api:servers:show:flavor-extra-specs',
    check: 'rule:project_reader_or_admin',
    description: "See the extra specs of a server's flavor",
    operations: shown,
  },
  {
    action: 'os_compute_api:servers:show:host_status',
    check: 'rule:context_is_admin',
    description: 'See how the host of a server is',
    operations: shown,
  },
  {
    action: 'os_compute_api:servers:show:host_status:unknown-only',
    check: 'rule:context_is_admin',
    description: 'See that it is not known how the host of a server is',
    operations: shown,
  },
  {
    action: 'os_compute_api:servers:create:forced_host',
    check: 'rule:context_is_admin',
    description: 'Create a server on a host that the availability zone names',
    operations: [{ method: 'POST', path: '/servers' }],
  },
  {
    action: 'compute:servers:create:requested_destination',
    check: 'rule:context_is_admin',
    description: 'Create a server on a host, from microversion 2.74 on',
    operations: [{ method: 'POST', path: '/servers' }],
  },
  {
    action: 'os_compute_api:servers:update',
    check: 'rule:project_member_or_admin',
    description: 'Change what is said of a server',
    operations: [{ method: 'PUT', path: '/servers/{server_id}' }],
  },
  {
    action: 'os_compute_api:os-lock-server:lock',
    check: 'rule:project_member_or_admin',
    description: 'Lock a server',
    operations: [action],
  },
  {
    action: 'os_compute_api:os-lock-server:unlock',
    check: 'rule:project_member_or_admin',
    description: 'Unlock a server',
    operations: [action],
  },
  {
    action: 'os_compute_api:os-lock-server:unlock:unlock_override',
    check: 'rule:context_is_admin',
    description: 'Unlock a server that somebody else locked',
    operations: [action],
  },
  {
    action: 'os_compute_api:ips:index',
    check: 'rule:project_reader_or_admin',
    description: 'List the addresses of a server',
    operations: [{ method: 'GET', path: '/servers/{server_id}/ips' }],
  },
  {
    action: 'os_compute_api:ips:show',
    check: 'rule:project_reader_or_admin',
    description: 'Show the addresses of a server in a network',
    operations: [{ method: 'GET', path: '/servers/{server_id}/ips/{network_label}' }],
  },
]
