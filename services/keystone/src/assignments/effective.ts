import type { GrantRow, GroupMemberRow, ProjectRow } from '../db/tables.ts'
import { granted, type Assignment } from './assignment.ts'
import { impliedBy, type Implications } from './implied.ts'

/** What grants are worked out with. */
export interface Surroundings {
  members: readonly GroupMemberRow[]
  /** Every project; none if nothing is inherited. */
  projects: readonly Pick<ProjectRow, 'id' | 'parent_id'>[]
  implications: Implications
  /** Roles of domains: they only bring others along. */
  domainRoles: ReadonlySet<string>
}

/**
 * Who really has which role where: groups become their users, what is inherited counts for each project below, and implied
 * roles stand beside those that imply them.
 *
 * @param only projects that are asked for; all if absent
 */
export function effectiveOf(
  grants: readonly GrantRow[],
  { members, projects, implications, domainRoles }: Surroundings,
  only?: ReadonlySet<string>,
): Assignment[] {
  const usersOf = Map.groupBy(members, (member) => member.group_id)
  const below = descendants(projects)
  const implied = new Map<string, Map<string, string>>()

  const byUser = (one: Assignment): Assignment[] =>
    one.actorKind === 'user'
      ? [one]
      : (usersOf.get(one.actorId) ?? []).map(({ user_id }) => ({
          ...one,
          actorKind: 'user',
          actorId: user_id,
        }))
  const byProject = (one: Assignment): Assignment[] => {
    const places = one.inherited ? below(one.targetId) : [one.targetId]
    const wanted =
      only && (one.inherited || one.targetKind === 'project') ? places.filter((id) => only.has(id)) : places
    return wanted.map((id) => (one.inherited ? { ...one, targetKind: 'project', targetId: id } : one))
  }
  const byRole = (one: Assignment): Assignment[] => {
    let priors = implied.get(one.roleId)
    if (!priors) implied.set(one.roleId, (priors = impliedBy(one.roleId, implications)))
    const others = [...priors].map(([roleId, priorRoleId]) => ({ ...one, roleId, priorRoleId }))
    return [one, ...others].filter(({ roleId }) => !domainRoles.has(roleId))
  }
  return grants.map(granted).flatMap(byProject).flatMap(byUser).flatMap(byRole)
}

function descendants(projects: Surroundings['projects']): (id: string) => readonly string[] {
  const children = Map.groupBy(projects, (project) => project.parent_id)
  const known = new Map<string, string[]>()
  const below = (id: string): string[] => {
    let ids = known.get(id)
    if (!ids) {
      ids = (children.get(id) ?? []).flatMap((child) => [child.id, ...below(child.id)])
      known.set(id, ids)
    }
    return ids
  }
  return below
}
