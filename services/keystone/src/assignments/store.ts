import type { GrantRow } from '../db/tables.ts'
import type { Db } from '../revision.ts'
import { granted, type Assignment } from './assignment.ts'
import { effectiveOf } from './effective.ts'
import { isHeldBy } from './held.ts'
import { implicationsOf } from './implied.ts'

/** Which assignments are wanted; what is absent does not matter. */
export interface Wanted {
  userId?: string
  groupId?: string
  roleId?: string
  /** A project, and those below it if they are wanted too. */
  projectIds?: readonly string[]
  domainId?: string
  system?: boolean
  /** Only what is inherited, or only what is not. */
  inherited?: boolean
}

/** Assignments as they were granted. */
export async function listGranted(db: Db, wanted: Wanted): Promise<Assignment[]> {
  const { userId, groupId, roleId, projectIds, domainId, system, inherited } = wanted
  let query = db.selectFrom('grants').selectAll()
  if (userId !== undefined) query = query.where('actor_kind', '=', 'user').where('actor_id', '=', userId)
  if (groupId !== undefined) query = query.where('actor_kind', '=', 'group').where('actor_id', '=', groupId)
  if (roleId !== undefined) query = query.where('role_id', '=', roleId)
  if (system) query = query.where('target_kind', '=', 'system')
  if (domainId !== undefined)
    query = query.where('target_kind', '=', 'domain').where('target_id', '=', domainId)
  if (projectIds !== undefined) query = query.where('target_kind', '=', 'project')
  if (projectIds !== undefined && fits(projectIds)) query = query.where('target_id', 'in', projectIds)
  // The system has nothing below it and is shown in either case.
  if (inherited !== undefined)
    query = query.where((eb) =>
      eb.or([eb('inherited', '=', inherited ? 1 : 0), eb('target_kind', '=', 'system')]),
    )
  const own = projectIds && new Set(projectIds)
  return (await ordered(query)).filter((grant) => !own || own.has(grant.target_id)).map(granted)
}

/** Assignments as they count in tokens. Those on the system only if they are asked for. */
export async function listEffective(
  db: Db,
  wanted: Omit<Wanted, 'groupId'>,
  /** The projects above the first one that is wanted, and its domain. */
  above: readonly string[],
): Promise<Assignment[]> {
  const { userId, roleId, projectIds, domainId, system, inherited } = wanted
  let query = db.selectFrom('grants').selectAll()
  if (userId !== undefined) query = query.where(isHeldBy(userId))
  if (inherited !== undefined) query = query.where('inherited', '=', inherited ? 1 : 0)
  if (system) query = query.where('target_kind', '=', 'system')
  else if (domainId !== undefined)
    query = query
      .where('target_kind', '=', 'domain')
      .where('target_id', '=', domainId)
      .where('inherited', '=', 0)
  else if (projectIds !== undefined) {
    query = query.where((eb) => eb.or([eb('target_kind', '=', 'project'), eb('inherited', '=', 1)]))
    const places = [...above, ...projectIds]
    if (fits(places)) query = query.where('target_id', 'in', places)
  } else query = query.where('target_kind', '!=', 'system')
  const grants = await ordered(query)
  const surroundings = await readSurroundings(db, grants, userId)
  const all = effectiveOf(grants, surroundings, projectIds && new Set(projectIds))
  return roleId === undefined ? all : all.filter((one) => one.roleId === roleId)
}

/** Whether ids may stand in one statement: databases take only so many. More of them are sorted out afterwards. */
function fits(ids: readonly string[]): boolean {
  return ids.length <= 1000
}

function ordered(query: { orderBy(column: keyof GrantRow): typeof query; execute(): Promise<GrantRow[]> }) {
  return query.orderBy('target_kind').orderBy('target_id').orderBy('actor_id').orderBy('role_id').execute()
}

async function readSurroundings(db: Db, grants: readonly GrantRow[], userId: string | undefined) {
  const hasGroups = grants.some((grant) => grant.actor_kind === 'group')
  const hasInherited = grants.some((grant) => grant.inherited === 1)
  let members = db
    .selectFrom('group_members')
    .selectAll()
    .where('group_id', 'in', (eb) =>
      eb.selectFrom('grants').select('actor_id').where('actor_kind', '=', 'group'),
    )
  if (userId !== undefined) members = members.where('user_id', '=', userId)
  const projects = db
    .selectFrom('projects')
    .select(['id', 'parent_id'])
    .where('is_domain', '=', 0)
    .orderBy('id')
  const domainRoles = await db.selectFrom('roles').select('id').where('domain_id', '!=', '').execute()
  return {
    members: hasGroups ? await members.orderBy('user_id').execute() : [],
    projects: hasInherited ? await projects.execute() : [],
    implications: implicationsOf(await db.selectFrom('implied_roles').selectAll().execute()),
    domainRoles: new Set(domainRoles.map((role) => role.id)),
  }
}
