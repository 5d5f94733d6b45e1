import type { PolicyRule } from '@longhaul/oslo/policy'

const ofServer = '/servers/{server_id}/migrations'
const one = `${ofServer}/{migration_id}`

/** @see openstack/nova nova/policies/migrations.py, servers_migrations.py */
export const migrationRules: PolicyRule[] = [
  {
    action: 'os_compute_api:os-migrations:index',
    check: 'rule:project_manager_or_admin',
    description: 'List migrations',
    operations: [{ method: 'GET', path: '/os-migrations' }],
  },
  {
    action: 'os_compute_api:os-migrations:index:all_projects',
    check: 'rule:context_is_admin',
    description: 'List the migrations of all projects',
    operations: [{ method: 'GET', path: '/os-migrations' }],
  },
  {
    action: 'os_compute_api:os-migrations:index:host',
    check: 'rule:context_is_admin',
    description: 'See the hosts of migrations',
    operations: [{ method: 'GET', path: '/os-migrations' }],
  },
  {
    action: 'os_compute_api:servers:migrations:index',
    check: 'rule:project_manager_or_admin',
    description: 'List the live migrations of a server that are under way',
    operations: [{ method: 'GET', path: ofServer }],
  },
  {
    action: 'os_compute_api:servers:migrations:index:host',
    check: 'rule:context_is_admin',
    description: 'See the hosts of the live migrations of a server',
    operations: [
      { method: 'GET', path: ofServer },
      { method: 'GET', path: one },
    ],
  },
  {
    action: 'os_compute_api:servers:migrations:show',
    check: 'rule:project_manager_or_admin',
    description: 'Show a live migration of a server that is under way',
    operations: [{ method: 'GET', path: one }],
  },
  {
    action: 'os_compute_api:servers:migrations:force_complete',
    check: 'rule:project_manager_or_admin',
    description: 'Force a live migration to complete',
    operations: [{ method: 'POST', path: `${one}/action` }],
  },
  {
    action: 'os_compute_api:servers:migrations:delete',
    check: 'rule:project_manager_or_admin',
    description: 'Abort a live migration',
    operations: [{ method: 'DELETE', path: one }],
  },
]
