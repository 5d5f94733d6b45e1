import type { PolicyRule } from '@longhaul/oslo/policy'

const rule = (name: string, path: string, description: string): PolicyRule => ({
  action: `os_compute_api:os-hypervisors:${name}`,
  check: 'rule:context_is_admin',
  description,
  operations: [{ method: 'GET', path: `/os-hypervisors${path}` }],
})

/** @see openstack/nova nova/policies/hypervisors.py */
export const hypervisorRules: PolicyRule[] = [
  rule('list', '', 'List hypervisors'),
  rule('list-detail', '/detail', 'List hypervisors with details'),
  rule('statistics', '/statistics', 'Sum up all hypervisors, up to microversion 2.87'),
  rule('show', '/{hypervisor_id}', 'Show a hypervisor'),
  rule('uptime', '/{hypervisor_id}/uptime', 'Show how long a hypervisor runs, up to microversion 2.87'),
  rule('search', '/{pattern}/search', 'Find hypervisors by name, up to microversion 2.52'),
  rule('servers', '/{pattern}/servers', 'Find hypervisors and their servers, up to microversion 2.52'),
]
