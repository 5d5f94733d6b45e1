import { badRequest } from '@longhaul/oslo/api'
import { asksFor, type Query } from '../filters.ts'

/** What a request wants to see of role assignments. */
export interface AssignmentQuery {
  userId: string | undefined
  groupId: string | undefined
  roleId: string | undefined
  projectId: string | undefined
  domainId: string | undefined
  system: boolean
  /** Only what is inherited, or only what is not; both if undefined. */
  inherited: boolean | undefined
  effective: boolean
  includeNames: boolean
  includeSubtree: boolean
}

/**
 * Reads the query of a list of role assignments.
 *
 * @throws ApiError 400 `query_invalid` for what excludes each other, or can never be
 * @see Identity API v3, list role assignments
 */
export function readAssignmentQuery(query: Query): AssignmentQuery {
  const value = (name: string) => [query[name]].flat().at(0) || undefined
  const inheritedTo = value('scope.OS-INHERIT:inherited_to')
  const wanted: AssignmentQuery = {
    userId: value('user.id'),
    groupId: value('group.id'),
    roleId: value('role.id'),
    projectId: value('scope.project.id'),
    domainId: value('scope.domain.id'),
    system: value('scope.system') === 'all',
    inherited: inheritedTo === undefined ? undefined : inheritedTo === 'projects',
    effective: asksFor(query, 'effective'),
    includeNames: asksFor(query, 'include_names'),
    includeSubtree: asksFor(query, 'include_subtree'),
  }
  for (const [left, right, message] of exclusive) {
    if (value(left) !== undefined && value(right) !== undefined) throw invalid(message)
  }
  if (wanted.effective && wanted.groupId !== undefined)
    throw invalid('Combining effective and group filter will always result in an empty list.')
  if (wanted.effective && wanted.inherited && wanted.domainId !== undefined)
    throw invalid('Combining effective, domain and inherited filters will always result in an empty list.')
  return wanted
}

const exclusive = [
  ['scope.domain.id', 'scope.project.id', 'Specify a domain or project, not both'],
  ['scope.domain.id', 'scope.system', 'Specify system or domain, not both'],
  ['scope.project.id', 'scope.system', 'Specify system or project, not both'],
  ['user.id', 'group.id', 'Specify a user or group, not both'],
] as const

/** Names the project that a request for a subtree must name. */
export function projectMissing() {
  return invalid('scope.project.id must be specified if include_subtree is also specified')
}

function invalid(message: string) {
  return badRequest(message, { code: 'query_invalid' })
}
