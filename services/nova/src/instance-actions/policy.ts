import type { PolicyRule } from '@longhaul/oslo/policy'

const show = { method: 'GET', path: '/servers/{server_id}/os-instance-actions/{request_id}' }

/** @see openstack/nova nova/policies/instance_actions.py */
export const instanceActionRules: PolicyRule[] = [
  {
    action: 'os_compute_api:os-instance-actions:list',
    check: 'rule:project_reader_or_admin',
    description: 'List what was done with a server',
    operations: [{ method: 'GET', path: '/servers/{server_id}/os-instance-actions' }],
  },
  {
    action: 'os_compute_api:os-instance-actions:show',
    check: 'rule:project_reader_or_admin',
    description: 'Show an action, and from microversion 2.51 on its events',
    operations: [show],
  },
  {
    action: 'os_compute_api:os-instance-actions:events',
    check: 'rule:context_is_admin',
    description: 'See events before 2.51, and the traceback and the host of events',
    operations: [show],
  },
  {
    action: 'os_compute_api:os-instance-actions:events:details',
    check: 'rule:context_is_admin',
    description: 'See what failed events say, from 2.84 on',
    operations: [show],
  },
]
