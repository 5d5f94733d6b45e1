import type { PolicyRule } from '@longhaul/oslo/policy'
import { attachmentRules } from './attachments/policy.ts'
import { limitRules } from './limits/policy.ts'
import { metadataRules } from './metadata/policy.ts'
import { quotaSetRules } from './quota-sets/policy.ts'
import { serviceRules } from './services/policy.ts'
import { snapshotRules } from './snapshots/policy.ts'
import { volumeActionRules } from './volume-actions/policy.ts'
import { typeRules } from './volume-types/policy.ts'
import { volumeRules } from './volumes/policy.ts'

/** Checks that the rules of all resources refer to. @see openstack/cinder cinder/policies/base.py */
const baseRules: PolicyRule[] = [
  {
    action: 'context_is_admin',
    check: 'role:admin',
    description: 'Sees the resources of all projects; is_admin in other rules',
  },
  {
    action: 'admin_api',
    check: 'rule:context_is_admin or (role:admin and is_admin_project:True)',
    description: 'Default of what is for administrators',
  },
  {
    action: 'xena_system_admin_or_project_reader',
    check: 'role:admin or (role:reader and project_id:%(project_id)s)',
    description: 'Default of what reads a resource',
  },
  {
    action: 'xena_system_admin_or_project_member',
    check: 'role:admin or (role:member and project_id:%(project_id)s)',
    description: 'Default of what changes a resource',
  },
]

/** All rules of the service, with Cinder's names. */
export const policyRules: readonly PolicyRule[] = [
  ...baseRules,
  ...volumeRules,
  ...volumeActionRules,
  ...metadataRules,
  ...snapshotRules,
  ...attachmentRules,
  ...typeRules,
  ...limitRules,
  ...quotaSetRules,
  ...serviceRules,
]
