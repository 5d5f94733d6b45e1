import type { PolicyRule } from '@longhaul/oslo/policy'

/** Who may speak for the switch of a host. The rule and its paths are Longhaul's own. */
export const hostRules: PolicyRule[] = [
  {
    action: 'l2_agents',
    check: 'role:neutron-l2-agent',
    description: 'Report what is plugged into a host, and be told what is to be wired there',
    operations: [
      { method: 'PUT', path: '/internal/v1/hosts/{host}' },
      { method: 'GET', path: '/internal/v1/hosts/{host}/ports' },
    ],
  },
]
