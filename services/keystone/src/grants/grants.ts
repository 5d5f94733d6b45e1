import { badRequest, forbidden, notFound } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import type { Enforcer } from '@longhaul/oslo/policy'
import type { ActorKind, GrantRow, RoleRow, TargetKind } from '../db/tables.ts'
import type { Db, Revision } from '../revision.ts'
import type { GrantStore, Holding } from './store.ts'

/** A thing that a grant ties to others, as clients see it. */
export type Viewed = Record<string, unknown>

/** The things that a grant ties together; undefined for what does not exist. */
export type GrantSubjects = Readonly<
  Record<SubjectKind, (id: string, from?: Db) => Promise<Viewed | undefined>>
>
type SubjectKind = ActorKind | 'project' | 'domain' | 'role'

export interface GrantDeps {
  store: GrantStore
  write: Revision['write']
  policy: Enforcer
  subjects: GrantSubjects
}

/** What a path of grants names. */
export interface GrantPath {
  actorKind: ActorKind
  actor: string
  targetKind: TargetKind
  /** `all` for the system. */
  target: string
  role?: string
  /** Whether it is about what projects below the target inherit. */
  inherited: boolean
}

/** A call about grants: what it names, who asks, and what the policy sees beside. */
export interface GrantCall {
  path: GrantPath
  context: RequestContext
  /** @param ids of the path @param objects what they stand for */
  target: (ids: Record<string, string>, objects: Viewed) => Record<string, unknown>
}

type Verb = 'list' | 'check' | 'create' | 'revoke'

/** The rules of grants. Roles count from the next validation on, also in tokens that were issued before. */
export function grants({ store, write, policy, subjects }: GrantDeps) {
  const find = async (named: Named, from?: Db) => {
    const objects: Viewed = {}
    for (const [kind, id] of named) {
      const view = await subjects[kind](id, from)
      if (view) objects[kind] = view
    }
    return objects
  }
  /** Policy first, then whether all that the path names is there. */
  const allow = async (verb: Verb, { path, context, target }: GrantCall): Promise<Holding> => {
    const named = namedIn(path)
    const objects = await find(named)
    const ids = Object.fromEntries(named.map(([kind, id]) => [`${kind}_id`, id]))
    policy.authorize(actionFor(verb, path), target(ids, objects), context)
    // What somebody had who is gone can still be taken away.
    mustBeThere(verb === 'revoke' ? named.filter(([kind]) => kind !== path.actorKind) : named, objects)
    if (verb === 'create') refuseRoleElsewhere(path, objects)
    return {
      actor_kind: path.actorKind,
      actor_id: path.actor,
      target_kind: path.targetKind,
      target_id: path.target,
      inherited: path.inherited ? 1 : 0,
    }
  }
  const existing = async (verb: Verb, call: GrantCall): Promise<GrantRow> => {
    const grant = { ...(await allow(verb, call)), role_id: call.path.role ?? '' }
    if (await store.has(grant)) return grant
    const place = grant.target_kind === 'system' ? 'system' : grant.target_id
    throw notFound(
      `Could not find role assignment with role: ${grant.role_id}, user or group: ${grant.actor_id}, ` +
        `project, domain, or system: ${place}.`,
      { code: 'grant_not_found' },
    )
  }
  return {
    async list(call: GrantCall): Promise<RoleRow[]> {
      return store.rolesOf(await allow('list', call))
    },
    async check(call: GrantCall): Promise<void> {
      await existing('check', call)
    },
    async create(call: GrantCall): Promise<void> {
      const holding = await allow('create', call)
      const named = namedIn(call.path)
      await write(async (trx) => {
        // Nothing of it may have gone meanwhile: the grant would stay behind.
        mustBeThere(named, await find(named, trx))
        await store.add(trx, { ...holding, role_id: call.path.role ?? '' })
      })
    },
    async revoke(call: GrantCall): Promise<void> {
      const grant = await existing('revoke', call)
      await write((trx) => store.remove(trx, grant))
    },
  }
}

export type Grants = ReturnType<typeof grants>

type Named = readonly (readonly [kind: SubjectKind, id: string])[]

function namedIn({ actorKind, actor, targetKind, target, role }: GrantPath): Named {
  return [
    [actorKind, actor],
    ...(targetKind === 'system' ? [] : [[targetKind, target] as const]),
    ...(role === undefined ? [] : [['role', role] as const]),
  ]
}

function mustBeThere(named: Named, objects: Viewed): void {
  for (const [kind, id] of named)
    if (!objects[kind]) throw notFound(`Could not find ${kind}: ${id}.`, { code: `${kind}_not_found` })
}

function actionFor(verb: Verb, { targetKind, actorKind }: GrantPath): string {
  const noun = verb === 'list' ? 'grants' : 'grant'
  return targetKind === 'system'
    ? `identity:${verb}_system_${noun}_for_${actorKind}`
    : `identity:${verb}_${noun}`
}

/** The role of a domain counts nowhere else. @see keystone, assignment/core.py, create_grant */
function refuseRoleElsewhere({ targetKind, target }: GrantPath, objects: Viewed): void {
  const role = objects['role'] as Viewed | undefined
  const home = role?.['domain_id']
  if (!role || home === null) return
  if (targetKind === 'system') {
    const sentence = 'Unable to use a domain-specific role in a system assignment.'
    throw badRequest(`Role ${String(role['id'])} is a domain-specific role. ${sentence}`, {
      code: 'role_of_domain',
    })
  }
  const project = objects['project'] as Viewed | undefined
  if (project && project['domain_id'] !== home)
    throw forbidden(
      `Project ${target} must be in the same domain as the role ${String(role['id'])} being assigned.`,
      { code: 'role_elsewhere' },
    )
}
