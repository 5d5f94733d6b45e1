import type { AuthPlugin } from './plugin.ts'
import type { PluginSession } from './plugin-session.ts'

/**
 * A plugin that reaches Keystone through a session of its own. Without it a login goes through the session of whichever
 * request needs it first, with the certificates and the timeout that were meant for another service.
 */
export function boundAuth(auth: AuthPlugin, session: PluginSession): AuthPlugin {
  return {
    getHeaders: () => auth.getHeaders(session),
    getToken: () => auth.getToken(session),
    getEndpoint: (_session, filter) => auth.getEndpoint(session, filter),
    getEndpointData: async (_session, filter) => auth.getEndpointData?.(session, filter),
    getVersions: async (_session, filter) => (await auth.getVersions?.(session, filter)) ?? [],
    getAccess: async () => auth.getAccess?.(session),
    getProjectId: () => auth.getProjectId(session),
    getUserId: () => auth.getUserId(session),
    getAuthState: () => auth.getAuthState?.(),
    setAuthState: (state) => auth.setAuthState?.(state),
    invalidate: (refusal) => auth.invalidate(refusal),
  }
}
