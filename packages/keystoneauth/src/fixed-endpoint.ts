import { allVersions, endpointData } from './endpoint-data.ts'
import type { AuthPlugin } from './plugin.ts'

/**
 * A plugin for a service without Keystone: one endpoint whatever is asked for, and the same headers always.
 *
 * @param endpoint undefined: each request says its own, by an absolute URL or an `endpointOverride`
 */
export function fixedEndpoint(
  endpoint: string | undefined,
  credentials: { headers: Readonly<Record<string, string>>; token: string | undefined },
): AuthPlugin {
  const { headers, token } = credentials
  const asking = { headers: { ...headers }, projectId: undefined }
  return {
    getHeaders: async () => ({ ...headers }),
    getToken: async () => token,
    getEndpoint: async () => endpoint,
    getEndpointData: async (session, filter) =>
      endpoint === undefined ? undefined : endpointData(session, endpoint, { ...asking, filter }),
    getVersions: async (session) => (endpoint === undefined ? [] : allVersions(session, endpoint, asking)),
    getProjectId: async () => undefined,
    getUserId: async () => undefined,
    invalidate: () => false,
  }
}
