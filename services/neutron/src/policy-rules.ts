import type { PolicyRule } from '@longhaul/oslo/policy'
import { bindingRules } from './bindings/policy.ts'
import { hostRules } from './hosts/policy.ts'
import { networkRules } from './networks/policy.ts'
import { portRules } from './ports/policy.ts'
import { quotaRules } from './quotas/policy.ts'
import { subnetRules } from './subnets/policy.ts'

/** Names that other rules refer to. @see openstack/neutron neutron/conf/policies/base.py */
const baseRules: PolicyRule[] = [
  {
    action: 'context_is_admin',
    check: 'role:admin',
    description: 'Sees and changes the resources of all projects',
  },
  {
    action: 'service_api',
    check: 'role:service',
    description: 'Is another service, by the roles of its own token',
  },
  {
    action: 'network_owner',
    check: 'project_id:%(network:project_id)s',
    description: 'Belongs to the project of the network',
  },
  {
    action: 'shared',
    check: 'True:%(shared)s',
    description: 'The network is for all projects',
  },
  {
    action: 'network_device',
    check: 'True:%(network_device)s',
    description: 'The port belongs to the network itself, its device_owner begins with network:',
  },
]

/** All rules of the service. */
export const policyRules: readonly PolicyRule[] = [
  ...baseRules,
  ...networkRules,
  ...subnetRules,
  ...portRules,
  ...bindingRules,
  ...quotaRules,
  ...hostRules,
]
