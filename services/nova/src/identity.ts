import { EmptyCatalog, EndpointNotFound, HttpError, type Adapter } from '@longhaul/keystoneauth'
import { badRequest } from '@longhaul/oslo/api'

/**
 * Whether a project exists, asked as the holder of the adapter's auth.
 *
 * @throws ApiError 400 if there is none, or no Identity service in the caller's catalog. A caller who may not look it up, and
 *   an Identity service that does not answer, count as "it exists".
 * @see openstack/nova nova/api/openstack/identity.py
 */
export async function verifyProject(adapter: Adapter, projectId: string): Promise<void> {
  try {
    const endpoint = (await adapter.getEndpoint()) ?? ''
    const version = /\/v3\/?$/.test(endpoint) ? '' : '/v3'
    await adapter.get(`${version}/projects/${encodeURIComponent(projectId)}`)
  } catch (error) {
    if (error instanceof EndpointNotFound || error instanceof EmptyCatalog) {
      throw badRequest('Nova was unable to find Keystone service endpoint.', {
        code: 'identity_endpoint_missing',
        cause: error,
      })
    }
    if (!(error instanceof HttpError) || error.status !== 404) return
    throw badRequest(`Project ID ${projectId} is not a valid project.`, {
      code: 'project_not_found',
      cause: error,
    })
  }
}
