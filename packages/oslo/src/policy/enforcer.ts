import { forbidden } from '../api-error.ts'
import { policyCredentials } from '../credentials.ts'
import type { RequestContext } from '../request-context.ts'
import { compile } from './checks.ts'
import type { Predicate } from './checks.ts'
import type { Check } from './parser.ts'
import { readPolicyFile, readRule } from './policy-file.ts'
import { PolicyError } from './policy-error.ts'
import { missingReferences, referencesOf, refuseCircles } from './references.ts'

export type ScopeType = 'project' | 'domain' | 'system'

/** One rule of a service's table: an action, or a named check that actions refer to. */
export interface PolicyRule {
  /** `get_image`, or the name of a check such as `admin_required`. */
  action: string
  /** The default rule, in oslo.policy's language. */
  check: string
  description: string
  /** The calls that the rule guards. */
  operations?: readonly { method: string; path: string }[]
  /** Scopes of tokens that may do it at all, whatever the rule says; any if absent. */
  scopeTypes?: readonly ScopeType[]
}

export interface EnforcerOptions {
  rules: readonly PolicyRule[]
  /** A policy file whose rules replace the defaults of the same name. */
  file?: string | undefined
  /** What a refused client is told; default nova's sentence. */
  message?: (action: string) => string
  /** What rules see of a caller; default oslo.context's policy values. */
  credentials?: (context: RequestContext) => Record<string, unknown>
}

export interface Enforcer {
  /** Whether the rule of an action is met. An action without a rule is refused. */
  check(action: string, target: Record<string, unknown>, credentials: Record<string, unknown>): boolean
  /** Refuses unless the rule is met. @throws ApiError 403 `policy_denied` */
  authorize(action: string, target: Record<string, unknown>, context: RequestContext): void
  /** Things an operator should know: references to unknown rules, names in the file that nothing uses. */
  readonly warnings: readonly string[]
  /** Reads the file again; if it is bad the old rules stay. @throws PolicyError `policy_invalid` */
  reload(): void
}

interface RuleSet {
  predicates: ReadonlyMap<string, Predicate>
  warnings: string[]
}

/**
 * Makes the enforcer of a service from its table of rules and an operator's file.
 *
 * @throws PolicyError `policy_invalid` naming file and rule: a rule that cannot be read, one that refers to itself, two
 *   of one name
 * @example
 * const enforcer = createEnforcer({ rules, file: '/etc/keystone/policy.yaml' })
 * enforcer.authorize('get_image', { owner: projectId }, context)
 */
export function createEnforcer(options: EnforcerOptions): Enforcer {
  const message = options.message ?? ((action) => `Policy doesn't allow ${action} to be performed.`)
  const credentialsOf = options.credentials ?? policyCredentials
  const scopes = new Map(options.rules.map((rule) => [rule.action, rule.scopeTypes]))
  let rules = load(options)

  const check: Enforcer['check'] = (action, target, credentials) => {
    const scopeTypes = scopes.get(action)
    if (scopeTypes && !scopeTypes.includes(scopeOf(credentials))) return false
    return rules.predicates.get(action)?.(target, credentials) ?? false
  }
  return {
    check,
    authorize(action, target, context) {
      const credentials = credentialsOf(context)
      if (check(action, target, credentials)) return
      const detail = `${action} refused to user ${context.userId}, ${scopeOf(credentials)} scope, roles ${context.roles.join(',')}`
      throw forbidden(message(action), { code: 'policy_denied', detail })
    },
    get warnings() {
      return rules.warnings
    },
    reload() {
      rules = load(options)
    },
  }
}

/** @see oslo_policy/policy.py, Enforcer._enforce_scope: a token without a scope counts as a project's */
function scopeOf(credentials: Record<string, unknown>): ScopeType {
  if (credentials['system_scope']) return 'system'
  return credentials['domain_id'] ? 'domain' : 'project'
}

function load({ rules, file }: EnforcerOptions): RuleSet {
  const checks = new Map<string, Check>()
  for (const { action, check } of rules) {
    if (checks.has(action)) throw new PolicyError('is defined twice', { rule: action })
    checks.set(action, readRule(check, { rule: action }))
  }
  const defaults = new Set(checks.keys())
  const overrides = file === undefined ? new Map<string, Check>() : readPolicyFile(file)
  for (const [name, check] of overrides) checks.set(name, check)
  refuseCircles(checks, (name) => (overrides.has(name) ? file : undefined))

  const missing = missingReferences(checks)
  const warnings = missing.map(
    (one) => `rule '${one.rule}' refers to '${one.missing}', which does not exist: denied`,
  )
  const used = new Set([...overrides].flatMap(([, check]) => referencesOf(check)))
  for (const name of overrides.keys()) {
    if (!defaults.has(name) && !used.has(name)) warnings.push(`rule '${name}' of ${file} is used by nothing`)
  }
  const predicates = new Map<string, Predicate>()
  for (const [name, check] of checks)
    predicates.set(
      name,
      compile(check, (other) => predicates.get(other)),
    )
  return { predicates, warnings }
}
