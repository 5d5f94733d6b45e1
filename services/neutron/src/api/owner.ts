import { badRequest } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'

/**
 * The project that a new resource belongs to: the caller's, or another one if the caller is an administrator.
 *
 * @throws ApiError 400 `project_mismatch`, `project_required`
 * @see openstack/neutron-lib neutron_lib/api/attributes.py, populate_project_id
 */
export function ownerOf(
  context: RequestContext,
  given: { project_id?: string | undefined; tenant_id?: string | undefined },
  isAdmin: boolean,
): string {
  const { project_id: project, tenant_id: tenant } = given
  if (project !== undefined && tenant !== undefined && project !== tenant) {
    throw badRequest("'project_id' and 'tenant_id' do not match", { code: 'project_mismatch' })
  }
  const wanted = project ?? tenant ?? context.projectId
  if (wanted === undefined) {
    throw badRequest('The token has no project: project_id is required.', { code: 'project_required' })
  }
  if (wanted !== context.projectId && !isAdmin) {
    throw badRequest(
      "Specifying 'project_id' or 'tenant_id' other than authenticated project in request requires admin privileges",
      { code: 'project_mismatch' },
    )
  }
  return wanted
}
