import { badRequest, forbidden } from '@longhaul/oslo/api'
import type { ProjectRow } from '../db/tables.ts'
import { ancestorsOf } from '../project-tree.ts'
import type { Db } from '../revision.ts'

/** Where a project stands. */
export type Place = Pick<ProjectRow, 'domain_id' | 'parent_id'>

/**
 * The place of a new project: below its parent, which stands in the same domain, or else at the top of its domain.
 *
 * @param domainId the domain that the policy was asked about
 * @param maxDepth projects in one line
 * @throws ApiError 400 for a parent or domain that is not there, does not fit or is disabled; 403 `tree_too_deep`
 * @see keystone, resource/core.py, _enforce_project_constraints
 */
export async function placeFor(
  db: Db,
  domainId: string,
  parentId: string | undefined,
  maxDepth: number,
): Promise<Place> {
  const domain = await projectOrDomain(db, domainId)
  if (domain?.is_domain !== 1)
    throw badRequest(`Could not find domain: ${domainId}.`, { code: 'domain_unknown' })
  const above = parentId === undefined ? domain : await projectOrDomain(db, parentId)
  if (!above) throw badRequest(`Could not find project: ${parentId}.`, { code: 'project_unknown' })
  refuseAnotherDomain(above, domainId)
  const line = [above, ...(await ancestorsOf(db, above.id))]
  const disabled = line.find((row) => row.enabled === 0)
  if (disabled)
    throw badRequest(`cannot create a project in a branch containing a disabled project: ${disabled.id}`, {
      code: 'parent_disabled',
    })
  // The domain at the end of the line does not count.
  if (line.length - 1 >= maxDepth)
    throw forbidden(`Max hierarchy depth reached for ${above.id} branch.`, { code: 'tree_too_deep' })
  return { domain_id: domainId, parent_id: above.id }
}

function refuseAnotherDomain(above: ProjectRow, domainId: string): void {
  if (domainOf(above) === domainId) return
  const sentence =
    above.is_domain === 1
      ? `the parent (${above.id}) is acting as a domain, but this project's domain id (${domainId}) ` +
        "does not match the parent's id."
      : `since it specifies its domain_id ${domainId}, but specifies a parent in a different domain ` +
        `(${above.domain_id}).`
  throw badRequest(`Cannot create project, ${sentence}`, { code: 'parent_elsewhere' })
}

function domainOf({ id, domain_id, is_domain }: ProjectRow): string {
  return is_domain === 1 ? id : domain_id
}

function projectOrDomain(db: Db, id: string): Promise<ProjectRow | undefined> {
  return db.selectFrom('projects').selectAll().where('id', '=', id).executeTakeFirst()
}
