import type { PolicyRule } from '@longhaul/oslo/policy'
import { imageRules } from './images/policy.ts'
import { memberRules } from './members/policy.ts'
import { taskRules } from './tasks/policy.ts'

/** All rules of the service. */
export const policyRules: readonly PolicyRule[] = [...imageRules, ...memberRules, ...taskRules]
