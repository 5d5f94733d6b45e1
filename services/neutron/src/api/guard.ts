import { forbidden, type ApiError } from '@longhaul/oslo/api'
import { policyCredentials, type RequestContext } from '@longhaul/oslo/context'
import type { Enforcer, PolicyRule } from '@longhaul/oslo/policy'

/** What rules look at. */
export type Target = Record<string, unknown>

/**
 * Asks the rules of a resource and those of its attributes. Who may not see a resource is told that there is none; an attribute
 * that may not be seen is left out; one that may not be written refuses the request.
 *
 * @see openstack/neutron neutron/policy.py and neutron/pecan_wsgi/hooks/policy_enforcement.py
 */
export class Guard {
  readonly #policy: Enforcer
  readonly #actions: ReadonlySet<string>

  /** @param rules all rules of the service: an attribute without a rule is free */
  constructor(policy: Enforcer, rules: readonly PolicyRule[]) {
    this.#policy = policy
    this.#actions = new Set(rules.map(({ action }) => action))
  }

  allows(context: RequestContext, action: string, target: Target): boolean {
    return this.#policy.check(action, target, policyCredentials(context))
  }

  /** Whether the caller sees what belongs to others: administrators and services. */
  seesAll(context: RequestContext): boolean {
    return this.allows(context, 'context_is_admin', {}) || this.allows(context, 'service_api', {})
  }

  isAdmin(context: RequestContext): boolean {
    return this.allows(context, 'context_is_admin', {})
  }

  /**
   * Refuses unless the action and what is written are allowed.
   *
   * @param attributes names, such as `binding:host_id` or `fixed_ips:ip_address`
   * @throws ApiError 403 `policy_denied`
   */
  authorize(
    context: RequestContext,
    action: string,
    target: Target,
    attributes: readonly string[] = [],
  ): void {
    const credentials = policyCredentials(context)
    const guarded = attributes.map((name) => `${action}:${name}`).filter((name) => this.#actions.has(name))
    const refused = [action, ...guarded].find((name) => !this.#policy.check(name, target, credentials))
    if (refused === undefined) return
    const rules = [action, ...guarded].map((name) => `rule:${name}`)
    const text = rules.length > 1 ? `(${rules.join(' and ')})` : rules[0]!
    throw forbidden(`${text} is disallowed by policy`, {
      code: 'policy_denied',
      detail: `${refused} refused to user ${context.userId}, roles ${context.roles.join(',')}`,
    })
  }

  /** @param missing thrown unless `get_<resource>` is allowed */
  assertVisible(context: RequestContext, resource: string, target: Target, missing: ApiError): void {
    if (!this.allows(context, `get_${resource}`, target)) throw missing
  }

  /** Whether the caller sees an attribute of what it sees; one without a rule is free. */
  sees(context: RequestContext, resource: string, attribute: string, target: Target): boolean {
    const action = `get_${resource}:${attribute}`
    return !this.#actions.has(action) || this.allows(context, action, target)
  }

  /** The document without what the caller may not see of it. */
  shown(
    context: RequestContext,
    resource: string,
    document: Record<string, unknown>,
    target: Target = document,
  ): Record<string, unknown> {
    const shown = Object.entries(document).filter(([name]) => this.sees(context, resource, name, target))
    return Object.fromEntries(shown)
  }
}
