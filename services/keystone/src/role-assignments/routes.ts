import type { ApiApp } from '@longhaul/oslo/api'
import { namesOf } from '../assignments/names.ts'
import { listLinks, type CollectionDeps } from '../collection.ts'
import { asksFor, type Query } from '../filters.ts'
import { policyTarget } from '../policy-target.ts'
import type { Db } from '../revision.ts'
import { projectMissing, readAssignmentQuery } from './query.ts'
import { roleAssignments } from './role-assignments.ts'
import { assignmentView } from './view.ts'

export interface RoleAssignmentRouteDeps extends CollectionDeps {
  db: Db
  /** A project as the policy sees it. */
  project: (id: string) => Promise<Record<string, unknown> | undefined>
}

/** Who has which role where. @see Identity API v3, list role assignments */
export function roleAssignmentRoutes(app: ApiApp, deps: RoleAssignmentRouteDeps): void {
  const { db, callers, policy } = deps

  app.get('/v3/role_assignments', async (request) => {
    const { context } = await callers(request)
    const raw = request.query as Query
    const ofTree = asksFor(raw, 'include_subtree')
    const projectId = [raw['scope.project.id']].flat().at(0)
    const project = ofTree && projectId ? await deps.project(projectId) : undefined
    const objects = {
      ...(context.domainId === undefined ? {} : { domain_id: context.domainId }),
      ...(project ? { project } : {}),
    }
    const action = ofTree ? 'identity:list_role_assignments_for_tree' : 'identity:list_role_assignments'
    policy.authorize(action, policyTarget(request, {}, objects), context)
    const query = readAssignmentQuery(raw)
    if (ofTree && query.projectId === undefined) throw projectMissing()
    const assignments = await roleAssignments(db, query, context.domainId)
    const names = query.includeNames ? await namesOf(db, assignments) : undefined
    const base = `${app.api.baseUrl(request)}/v3`
    return {
      role_assignments: assignments.map((one) => assignmentView(one, base, names)),
      links: listLinks(app, request),
    }
  })
}
