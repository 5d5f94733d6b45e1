import type { PolicyRule } from '@longhaul/oslo/policy'

const path = '/servers/{server_id}/metadata'
const reader = 'rule:project_reader_or_admin'
const member = 'rule:project_member_or_admin'

/** @see openstack/nova nova/policies/server_metadata.py */
export const serverMetadataRules: PolicyRule[] = [
  {
    action: 'os_compute_api:server-metadata:index',
    check: reader,
    description: 'List the metadata of a server',
    operations: [{ method: 'GET', path }],
  },
  {
    action: 'os_compute_api:server-metadata:show',
    check: reader,
    description: 'Show a metadata item of a server',
    operations: [{ method: 'GET', path: `${path}/{key}` }],
  },
  {
    action: 'os_compute_api:server-metadata:create',
    check: member,
    description: 'Add metadata to a server',
    operations: [{ method: 'POST', path }],
  },
  {
    action: 'os_compute_api:server-metadata:update_all',
    check: member,
    description: 'Replace the metadata of a server',
    operations: [{ method: 'PUT', path }],
  },
  {
    action: 'os_compute_api:server-metadata:update',
    check: member,
    description: 'Set a metadata item of a server',
    operations: [{ method: 'PUT', path: `${path}/{key}` }],
  },
  {
    action: 'os_compute_api:server-metadata:delete',
    check: member,
    description: 'Remove a metadata item of a server',
    operations: [{ method: 'DELETE', path: `${path}/{key}` }],
  },
]
