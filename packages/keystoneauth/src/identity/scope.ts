import { AuthorizationFailure } from '../errors.ts'

/** What a token is for; at most one of project, domain, system, trust, unscoped. */
export interface ScopeOptions {
  projectId?: string
  projectName?: string
  projectDomainId?: string
  projectDomainName?: string
  domainId?: string
  domainName?: string
  /** Only `all` exists. */
  systemScope?: string
  trustId?: string
  unscoped?: boolean
  /** For user and project domains that are not given. */
  defaultDomainId?: string
  defaultDomainName?: string
}

/**
 * The `auth.scope` of a login; undefined leaves the choice to Keystone (the user's default project, or no scope).
 *
 * @throws AuthorizationFailure for more than one scope, a project name without its domain, an unknown system scope
 */
export function scopeOf(options: ScopeOptions): unknown {
  const scopes: [string, unknown][] = []
  const domain = domainOf(options.projectDomainId, options.projectDomainName, options)
  if (options.projectId) scopes.push(['project', { project: { id: options.projectId } }])
  else if (options.projectName) {
    if (!domain) throw new AuthorizationFailure('project_name needs project_domain_id or project_domain_name')
    scopes.push(['project', { project: { name: options.projectName, domain } }])
  }
  if (options.domainId) scopes.push(['domain', { domain: { id: options.domainId } }])
  else if (options.domainName) scopes.push(['domain', { domain: { name: options.domainName } }])
  if (options.systemScope) {
    if (options.systemScope !== 'all') throw new AuthorizationFailure('system_scope: only "all" is known')
    scopes.push(['system', { system: { all: true } }])
  }
  if (options.trustId) scopes.push(['trust', { 'OS-TRUST:trust': { id: options.trustId } }])
  if (options.unscoped) scopes.push(['unscoped', { unscoped: {} }])
  if (scopes.length > 1) {
    throw new AuthorizationFailure(`a token has one scope, not ${scopes.map(([name]) => name).join(' and ')}`)
  }
  return scopes[0]?.[1]
}

/** A domain by id or name, with the default of the options. */
export function domainOf(
  id: string | undefined,
  name: string | undefined,
  defaults: Pick<ScopeOptions, 'defaultDomainId' | 'defaultDomainName'>,
): { id: string } | { name: string } | undefined {
  if (id) return { id }
  if (name) return { name }
  if (defaults.defaultDomainId) return { id: defaults.defaultDomainId }
  if (defaults.defaultDomainName) return { name: defaults.defaultDomainName }
  return undefined
}
