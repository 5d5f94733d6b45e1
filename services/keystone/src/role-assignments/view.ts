import type { Assignment } from '../assignments/assignment.ts'
import type { Names } from '../assignments/names.ts'
import type { GrantRow } from '../db/tables.ts'

/**
 * An assignment as clients see it.
 *
 * @param base URL of the API, with `/v3`
 * @param names if they are to be shown
 * @see Identity API v3, list role assignments
 */
export function assignmentView(one: Assignment, base: string, names: Names | undefined) {
  const domain = (id: string) => ({ id, ...(names ? { name: names(id).name } : {}) })
  const named = (id: string) => {
    if (!names) return { id }
    const { name, domainId } = names(id)
    return { id, name, domain: domain(domainId) }
  }
  const role = names && names(one.roleId).domainId === '' ? domain(one.roleId) : named(one.roleId)
  return {
    links: linksOf(one, base),
    scope: {
      ...scopeOf(one, named, domain),
      ...(one.inherited ? { 'OS-INHERIT:inherited_to': 'projects' } : {}),
    },
    [one.actorKind]: named(one.actorId),
    role,
  }
}

function scopeOf(
  { targetKind, targetId }: Assignment,
  named: (id: string) => unknown,
  domain: (id: string) => unknown,
) {
  if (targetKind === 'system') return { system: { all: true } }
  return { [targetKind]: targetKind === 'domain' ? domain(targetId) : named(targetId) }
}

function linksOf({ grant, actorKind, actorId, roleId, priorRoleId }: Assignment, base: string) {
  return {
    assignment: `${base}${pathOf(grant)}`,
    ...(grant.actor_kind === actorKind
      ? {}
      : { membership: `${base}/groups/${grant.actor_id}/users/${actorId}` }),
    ...(priorRoleId === undefined ? {} : { prior_role: `${base}/roles/${priorRoleId}/implies/${roleId}` }),
  }
}

function pathOf({ actor_kind, actor_id, target_kind, target_id, role_id, inherited }: GrantRow): string {
  const place = target_kind === 'system' ? '/system' : `/${target_kind}s/${target_id}`
  const path = `${place}/${actor_kind}s/${actor_id}/roles/${role_id}`
  return inherited === 1 ? `/OS-INHERIT${path}/inherited_to_projects` : path
}
