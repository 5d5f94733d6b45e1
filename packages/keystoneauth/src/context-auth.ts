import { catalogEndpoints } from './catalog-endpoints.ts'
import { ServiceCatalog } from './catalog.ts'
import { authTokenHeader, type AuthPlugin } from './plugin.ts'
import type { CatalogEntry } from './token-data.ts'

export interface ContextAuthOptions {
  /** The caller's token, as it came in X-Auth-Token; absent: nothing to authenticate with. */
  token: string | undefined
  catalog?: readonly CatalogEntry[]
  userId?: string
  projectId?: string
}

/**
 * The token of somebody else's request, as it is: never renewed, never dropped, its expiry not looked at. What a service
 * uses to act for its caller.
 */
export function contextAuth(options: ContextAuthOptions): AuthPlugin {
  const catalog = new ServiceCatalog(options.catalog ?? [])
  const headers = options.token === undefined ? undefined : { [authTokenHeader]: options.token }
  return {
    getHeaders: async () => headers,
    getToken: async () => options.token,
    ...catalogEndpoints(async () => ({ catalog, headers: headers ?? {}, projectId: options.projectId })),
    getProjectId: async () => options.projectId,
    getUserId: async () => options.userId,
    invalidate: () => false,
  }
}
