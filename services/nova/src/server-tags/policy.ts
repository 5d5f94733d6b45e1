import type { PolicyRule } from '@longhaul/oslo/policy'

const path = '/servers/{server_id}/tags'
const reader = 'rule:project_reader_or_admin'
const member = 'rule:project_member_or_admin'

/** @see openstack/nova nova/policies/server_tags.py */
export const serverTagRules: PolicyRule[] = [
  {
    action: 'os_compute_api:os-server-tags:index',
    check: reader,
    description: 'List the tags of a server',
    operations: [{ method: 'GET', path }],
  },
  {
    action: 'os_compute_api:os-server-tags:show',
    check: reader,
    description: 'See whether a server has a tag',
    operations: [{ method: 'GET', path: `${path}/{tag}` }],
  },
  {
    action: 'os_compute_api:os-server-tags:update',
    check: member,
    description: 'Add a tag to a server',
    operations: [{ method: 'PUT', path: `${path}/{tag}` }],
  },
  {
    action: 'os_compute_api:os-server-tags:update_all',
    check: member,
    description: 'Replace the tags of a server',
    operations: [{ method: 'PUT', path }],
  },
  {
    action: 'os_compute_api:os-server-tags:delete',
    check: member,
    description: 'Remove a tag of a server',
    operations: [{ method: 'DELETE', path: `${path}/{tag}` }],
  },
  {
    action: 'os_compute_api:os-server-tags:delete_all',
    check: member,
    description: 'Remove all tags of a server',
    operations: [{ method: 'DELETE', path }],
  },
]
