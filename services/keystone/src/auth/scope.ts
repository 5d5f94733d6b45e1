import { badRequest, forbidden } from '@longhaul/oslo/api'
import { expecting, notAuthenticated } from '../refusal.ts'
import { isDelegated } from '../token/delegations.ts'
import type { TokenPayload } from '../token/payload.ts'
import { findDomain, findProject, type Directory } from './directory.ts'
import { domainScope, projectReference, type DomainReference, type ProjectReference } from './schema.ts'

/** What a login asks its token to be for. */
export type ScopeRequest =
  | { kind: 'project'; project: ProjectReference }
  | { kind: 'domain'; domain: DomainReference }
  | { kind: 'system' }
  | { kind: 'unscoped' }

/** What a token is for; nothing for an unscoped one. */
export type Scope = Pick<TokenPayload, 'projectId' | 'domainId' | 'system'>

const scopeKinds = ['system', 'project', 'domain', 'OS-TRUST:trust', 'unscoped'] as const

/**
 * Reads `auth.scope`.
 *
 * @returns undefined if there is none: then Keystone chooses
 * @throws ApiError 400 `scope_invalid` unless there is exactly one known kind of scope
 */
export function readScope(scope: unknown): ScopeRequest | undefined {
  if (scope === undefined) return undefined
  if (scope === 'unscoped') return { kind: 'unscoped' }
  const given = typeof scope === 'object' && scope !== null ? scope : {}
  const [kind, ...others] = scopeKinds.filter((name) => Object.hasOwn(given, name))
  if (kind === undefined || others.length > 0) {
    throw expecting(`${scopeKinds.slice(0, -1).join(', ')} or unscoped`, 'scope', 'scope_invalid')
  }
  const value = (given as Record<string, unknown>)[kind]
  switch (kind) {
    case 'project':
      return { kind, project: referenceIn(projectReference, kind, value) }
    case 'domain':
      return { kind, domain: referenceIn(domainScope, kind, value) }
    case 'OS-TRUST:trust':
      throw notAuthenticated('unknown trust in scope')
    default:
      return { kind }
  }
}

function referenceIn<T>(
  schema: { safeParse(value: unknown): { success: true; data: T } | { success: false } },
  kind: string,
  value: unknown,
): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw badRequest(
    `Invalid input for field 'scope/${kind}': an id, or a name with its domain, must be present.`,
    {
      code: 'scope_invalid',
    },
  )
}

/**
 * Refuses to exchange a token for another scope where that would widen what it may do.
 *
 * @throws ApiError 403 `rescope_refused`
 * @see keystone, auth/plugins/token.py
 */
export function refuseRescope(
  parent: TokenPayload,
  wanted: ScopeRequest | undefined,
  allowed: boolean,
): void {
  const scoped =
    parent.projectId !== undefined || parent.domainId !== undefined || parent.system !== undefined
  const elsewhere = wanted?.kind === 'project' || wanted?.kind === 'domain'
  if (isDelegated(parent) || (parent.system !== undefined && elsewhere) || (scoped && !allowed)) {
    throw forbidden('You are not authorized to perform the requested action: rescope a scoped token.', {
      code: 'rescope_refused',
    })
  }
}

export interface ScopeDeps {
  directory: Directory
  /** Whether a token of the user for the project could be had. */
  canScopeTo: (userId: string, projectId: string) => Promise<boolean>
}

/**
 * Settles what a token will be for. Without a wish that is the user's default project if a token for it can be had, and
 * otherwise nothing, silently. Roles on the scope are looked at when the token is made.
 *
 * @throws ApiError 401 for an unknown project or domain
 */
export async function settleScope(
  { directory, canScopeTo }: ScopeDeps,
  userId: string,
  wanted: ScopeRequest | undefined,
): Promise<Scope> {
  switch (wanted?.kind) {
    case 'unscoped':
      return {}
    case 'system':
      return { system: 'all' }
    case 'domain': {
      const domain = await findDomain(directory, wanted.domain)
      if (!domain) throw notAuthenticated('unknown domain in scope')
      return { domainId: domain.id }
    }
    case 'project': {
      const project = await findProject(directory, wanted.project)
      if (!project) throw notAuthenticated('unknown project in scope')
      return { projectId: project.id }
    }
    default: {
      const projectId = (await directory.user(userId))?.default_project_id
      return projectId && (await canScopeTo(userId, projectId)) ? { projectId } : {}
    }
  }
}
