export { createEnforcer } from './enforcer.ts'
export type { Enforcer, EnforcerOptions, PolicyRule, ScopeType } from './enforcer.ts'
export { PolicyError } from './policy-error.ts'
export { policyReferencePage, policySampleFile } from './reference-page.ts'
