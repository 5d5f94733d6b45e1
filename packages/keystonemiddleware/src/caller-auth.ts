import { AccessInfo, contextAuth, type AuthPlugin, type TokenData } from '@longhaul/keystoneauth'

/**
 * A validated token as an auth plugin for onward calls. It sends the caller's token and nothing else: whether a service
 * token goes along is for `serviceUserAuth` and its section to say.
 *
 * @see keystonemiddleware auth_token/_user_plugin.py, which adds a service token unasked
 */
export function callerAuth(token: string, data: TokenData): AuthPlugin {
  const { catalog, user, project } = data
  const plugin = contextAuth({
    token,
    userId: user.id,
    ...(catalog ? { catalog } : {}),
    ...(project ? { projectId: project.id } : {}),
  })
  return { ...plugin, getAccess: async () => new AccessInfo(token, data) }
}
