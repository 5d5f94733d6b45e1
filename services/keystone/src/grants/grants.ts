import { notFound } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import type { Enforcer } from '@longhaul/oslo/policy'
import type { GrantRow, RoleRow, TargetKind } from '../db/tables.ts'
import type { Revision } from '../revision.ts'
import type { GrantStore, Holding } from './store.ts'

type Viewed = Record<string, unknown>

/** The things that a grant ties together, as the policy sees them; undefined for what does not exist. */
export interface GrantSubjects {
  user(id: string): Promise<Viewed | undefined>
  project(id: string): Promise<Viewed | undefined>
  domain(id: string): Promise<Viewed | undefined>
  role(id: string): Promise<Viewed | undefined>
}

export interface GrantDeps {
  store: GrantStore
  write: Revision['write']
  policy: Enforcer
  subjects: GrantSubjects
}

/** What a path of grants names. */
export interface GrantPath {
  kind: TargetKind
  /** `all` for the system. */
  target: string
  user: string
  role?: string
}

/** The rules of grants. Roles count from the next validation on, also in tokens that were issued before. */
export function grants({ store, write, policy, subjects }: GrantDeps) {
  /** Policy first, then whether all that the path names is there. */
  const allow = async (action: string, path: GrantPath, context: RequestContext): Promise<Holding> => {
    const named: [string, string, Viewed | undefined][] = [
      ['user', path.user, await subjects.user(path.user)],
    ]
    if (path.kind !== 'system') named.push([path.kind, path.target, await subjects[path.kind](path.target)])
    if (path.role !== undefined) named.push(['role', path.role, await subjects.role(path.role)])
    const target = Object.fromEntries(named.flatMap(([what, , view]) => (view ? [[what, view]] : [])))
    policy.authorize(action, { target, user_id: path.user }, context)
    for (const [what, id, view] of named) {
      if (!view) throw notFound(`Could not find ${what}: ${id}.`, { code: `${what}_not_found` })
    }
    return { user_id: path.user, target_kind: path.kind, target_id: path.target }
  }
  const existing = async (action: string, path: GrantPath, context: RequestContext): Promise<GrantRow> => {
    const grant = { ...(await allow(action, path, context)), role_id: path.role ?? '' }
    if (await store.has(grant)) return grant
    throw notFound(`Could not find role assignment with role: ${grant.role_id}, user: ${grant.user_id}.`, {
      code: 'grant_not_found',
    })
  }
  return {
    async list(path: GrantPath, context: RequestContext): Promise<RoleRow[]> {
      return store.rolesOf(await allow('identity:list_grants', path, context))
    },
    async check(path: GrantPath, context: RequestContext): Promise<void> {
      await existing('identity:check_grant', path, context)
    },
    async create(path: GrantPath, context: RequestContext): Promise<void> {
      const holding = await allow('identity:create_grant', path, context)
      await write((trx) => store.add(trx, { ...holding, role_id: path.role ?? '' }))
    },
    async revoke(path: GrantPath, context: RequestContext): Promise<void> {
      const grant = await existing('identity:revoke_grant', path, context)
      await write((trx) => store.remove(trx, grant))
    },
  }
}

export type Grants = ReturnType<typeof grants>
