import type { PolicyRule } from '@longhaul/oslo/policy'
import { authPolicy } from './auth/policy.ts'
import { domainPolicy } from './domains/policy.ts'
import { endpointPolicy } from './endpoints/policy.ts'
import { grantPolicy } from './grants/policy.ts'
import { groupPolicy } from './groups/policy.ts'
import { projectPolicy } from './projects/policy.ts'
import { regionPolicy } from './regions/policy.ts'
import { roleAssignmentPolicy } from './role-assignments/policy.ts'
import { rolePolicy } from './roles/policy.ts'
import { servicePolicy } from './services/policy.ts'
import { userPolicy } from './users/policy.ts'
import { baseRules } from './policy.ts'

/** All rules of the service. */
export const policyRules: readonly PolicyRule[] = [
  ...baseRules,
  ...authPolicy,
  ...domainPolicy,
  ...projectPolicy,
  ...userPolicy,
  ...groupPolicy,
  ...rolePolicy,
  ...grantPolicy,
  ...roleAssignmentPolicy,
  ...regionPolicy,
  ...servicePolicy,
  ...endpointPolicy,
]
