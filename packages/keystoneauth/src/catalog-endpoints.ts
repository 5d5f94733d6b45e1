import type { EndpointFilter, ServiceCatalog } from './catalog.ts'
import { allVersions, endpointData, endpointUrl, type Asking } from './endpoint-data.ts'
import type { AuthPlugin } from './plugin.ts'
import type { PluginSession } from './plugin-session.ts'

/** What endpoints are found by. */
interface Finder {
  catalog: ServiceCatalog
  /** For a service that tells its versions only to those it knows. */
  headers: Record<string, string>
  projectId: string | undefined
}

type EndpointMethods = Required<Pick<AuthPlugin, 'getEndpoint' | 'getEndpointData' | 'getVersions'>>

/**
 * How a plugin with a catalog finds endpoints.
 *
 * @param authUrl the endpoint of Keystone itself, for `interface: 'auth'`
 */
export function catalogEndpoints(
  find: (session: PluginSession) => Promise<Finder>,
  authUrl?: (session: PluginSession) => Promise<string>,
): EndpointMethods {
  const locate = async (session: PluginSession, filter: EndpointFilter) => {
    const { catalog, headers, projectId } = await find(session)
    const own = filter.interface === 'auth' && authUrl
    const url = own ? await authUrl(session) : catalog.urlFor(filter)
    return { url, asking: { headers, projectId, filter } satisfies Asking }
  }
  return {
    async getEndpoint(session, filter) {
      const { url, asking } = await locate(session, filter)
      return endpointUrl(session, url, asking)
    },
    async getEndpointData(session, filter) {
      const { url, asking } = await locate(session, filter)
      return endpointData(session, url, asking)
    },
    async getVersions(session, filter) {
      const { url, asking } = await locate(session, filter)
      return allVersions(session, url, asking)
    },
  }
}
