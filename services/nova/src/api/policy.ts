import type { PolicyRule } from '@longhaul/oslo/policy'
import { aggregateRules } from '../aggregates/policy.ts'
import { availabilityZoneRules } from '../availability-zones/policy.ts'
import { flavorRules } from '../flavors/policy.ts'
import { hypervisorRules } from '../hypervisors/policy.ts'
import { instanceActionRules } from '../instance-actions/policy.ts'
import { interfaceRules } from '../interfaces/policy.ts'
import { keypairRules } from '../keypairs/policy.ts'
import { limitRules } from '../limits/policy.ts'
import { migrationRules } from '../migrations/policy.ts'
import { quotaClassSetRules } from '../quota-class-sets/policy.ts'
import { quotaSetRules } from '../quota-sets/policy.ts'
import { externalEventRules } from '../server-external-events/policy.ts'
import { serverMetadataRules } from '../server-metadata/policy.ts'
import { serverTagRules } from '../server-tags/policy.ts'
import { serverRules } from '../servers/policy.ts'
import { serviceRules } from '../services/policy.ts'
import { volumeAttachmentRules } from '../volume-attachments/policy.ts'

/** Checks that the rules of all resources refer to. @see openstack/nova nova/policies/base.py */
const baseRules: PolicyRule[] = [
  { action: 'context_is_admin', check: 'role:admin', description: 'Administrator of the cloud' },
  {
    action: 'project_member_api',
    check: 'role:member and project_id:%(project_id)s',
    description: 'Member of the project that owns the resource',
  },
  {
    action: 'project_reader_api',
    check: 'role:reader and project_id:%(project_id)s',
    description: 'Reader of the project that owns the resource',
  },
  {
    action: 'project_member_or_admin',
    check: 'rule:project_member_api or rule:context_is_admin',
    description: 'Default of what changes a resource',
  },
  {
    action: 'project_reader_or_admin',
    check: 'rule:project_reader_api or rule:project_member_api or rule:context_is_admin',
    description: 'Default of what reads a resource; a member reads too, also where roles imply nothing',
  },
  {
    action: 'project_manager_api',
    check: 'role:manager and project_id:%(project_id)s',
    description: 'Manager of the project that owns the resource',
  },
  {
    action: 'project_manager_or_admin',
    check: 'rule:project_manager_api or rule:context_is_admin',
    description: 'Default of what says where in the cloud a resource is',
  },
  {
    action: 'service_or_admin',
    check: 'role:service or rule:context_is_admin',
    description: 'Default of what other services ask for',
  },
  {
    action: 'compute_agents',
    check: 'role:nova-compute',
    description: "The processes of nova among themselves; only nova's service user has the role",
    operations: [{ method: 'PUT', path: '/internal/v1/hosts/{host}' }],
  },
]

const resourceRules: readonly PolicyRule[] = [
  ...serverRules,
  ...serverMetadataRules,
  ...serverTagRules,
  ...volumeAttachmentRules,
  ...interfaceRules,
  ...externalEventRules,
  ...instanceActionRules,
  ...migrationRules,
  ...flavorRules,
  ...keypairRules,
  ...serviceRules,
  ...hypervisorRules,
  ...aggregateRules,
  ...availabilityZoneRules,
  ...limitRules,
  ...quotaSetRules,
  ...quotaClassSetRules,
]

/** Every rule of nova-api, with Nova's names. Nova knows tokens of projects only. */
export const rules: PolicyRule[] = [
  ...baseRules,
  ...resourceRules.map((rule): PolicyRule => ({ ...rule, scopeTypes: ['project'] })),
]
