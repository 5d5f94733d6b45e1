import { notFound } from '@longhaul/oslo/api'
import type { Assignment } from '../assignments/assignment.ts'
import { listEffective, listGranted, type Wanted } from '../assignments/store.ts'
import { given } from '../columns.ts'
import { ancestorsOf, subtreeOf } from '../project-tree.ts'
import type { Db } from '../revision.ts'
import type { AssignmentQuery } from './query.ts'

/**
 * The assignments that a query asks for.
 *
 * @param domainId the domain of a caller who has one, and so sees no other
 * @throws ApiError 404 for a user or a project that does not exist, where its assignments are worked out
 */
export async function roleAssignments(
  db: Db,
  query: AssignmentQuery,
  domainId: string | undefined,
): Promise<Assignment[]> {
  const { projectId, effective, includeSubtree } = query
  if (projectId !== undefined && (effective || includeSubtree)) await mustExist(db, 'project', projectId)
  if (effective && query.userId !== undefined) await mustExist(db, 'user', query.userId)
  const wanted: Wanted = given({
    userId: query.userId,
    groupId: query.groupId,
    roleId: query.roleId,
    projectIds: projectId === undefined ? undefined : await placesOf(db, projectId, includeSubtree),
    domainId: query.domainId,
    system: query.system,
    inherited: query.inherited,
  })
  const above = projectId !== undefined && effective ? await ancestorsOf(db, projectId) : []
  const found = effective
    ? await listEffective(
        db,
        wanted,
        above.map((row) => row.id),
      )
    : await listGranted(db, wanted)
  return domainId === undefined ? found : inDomain(db, found, domainId)
}

async function placesOf(db: Db, projectId: string, includeSubtree: boolean): Promise<string[]> {
  const below = includeSubtree ? await subtreeOf(db, projectId) : []
  return [projectId, ...below.map((row) => row.id)]
}

async function inDomain(db: Db, all: readonly Assignment[], domainId: string): Promise<Assignment[]> {
  const rows = await db.selectFrom('projects').select('id').where('domain_id', '=', domainId).execute()
  const own = new Set([domainId, ...rows.map((row) => row.id)])
  return all.filter((one) => one.targetKind !== 'system' && own.has(one.targetId))
}

async function mustExist(db: Db, kind: 'user' | 'project', id: string): Promise<void> {
  const row = await db.selectFrom(`${kind}s`).select('id').where('id', '=', id).executeTakeFirst()
  if (!row) throw notFound(`Could not find ${kind}: ${id}.`, { code: `${kind}_not_found` })
}
