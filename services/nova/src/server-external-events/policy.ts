import type { PolicyRule } from '@longhaul/oslo/policy'

/** @see openstack/nova nova/policies/server_external_events.py */
export const externalEventRules: PolicyRule[] = [
  {
    action: 'os_compute_api:os-server-external-events:create',
    check: 'rule:service_or_admin',
    description: 'Tell what happened to the ports and volumes of servers',
    operations: [{ method: 'POST', path: '/os-server-external-events' }],
  },
]
