import { createEnforcer, type Enforcer, type PolicyRule } from '@longhaul/oslo/policy'
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
import { baseRules, credentialsOf } from './policy.ts'

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

/** Makes the enforcer of the service. @throws PolicyError for a file that cannot be used */
export function policyEnforcer(file: string | undefined): Enforcer {
  return createEnforcer({
    rules: policyRules,
    ...(file === undefined ? {} : { file }),
    message: (action) => `You are not authorized to perform the requested action: ${action}.`,
    credentials: credentialsOf,
  })
}
