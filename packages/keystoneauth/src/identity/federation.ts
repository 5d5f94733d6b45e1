import type { AuthPlugin } from '../plugin.ts'
import type { PluginSession } from '../plugin-session.ts'
import { identityUrl } from './auth-url.ts'
import { heldLogin } from './held-login.ts'
import type { IdentityOptions } from './login.ts'
import { scopeOf } from './scope.ts'
import { tokenMethod } from './token.ts'
import { requestToken, tokenFrom } from './token-request.ts'

/** Options of every plugin whose user is known to an identity provider, not to Keystone. */
export interface FederationOptions extends IdentityOptions {
  /** Id of the identity provider in Keystone. */
  identityProvider: string
  /** Id of its protocol in Keystone, such as `openid`. */
  protocol: string
}

/**
 * A plugin that shows Keystone an access token of the identity provider, and exchanges the unscoped token it gets for one
 * of the scope that is asked for.
 *
 * @param bearer gives the access token, anew for each login
 * @throws AuthorizationFailure for a scope that contradicts itself, or an `authUrl` that is none
 * @see Identity API v3, OS-FEDERATION, request an unscoped OS-FEDERATION token
 */
export function federationPlugin(
  bearer: (session: PluginSession) => Promise<string>,
  options: FederationOptions,
): AuthPlugin {
  const scope = scopeOf(options)
  const baseUrl = identityUrl(options.authUrl)
  const provider = encodeURIComponent(options.identityProvider)
  const path = `OS-FEDERATION/identity_providers/${provider}/protocols/${encodeURIComponent(options.protocol)}/auth`
  return heldLogin(
    async (session) => {
      const base = await baseUrl(session)
      const accessToken = await bearer(session)
      const unscoped = await tokenFrom(session, `${base}/${path}`, {
        headers: { Authorization: `Bearer ${accessToken}` },
        secrets: [accessToken],
      })
      if (scope === undefined || options.unscoped) return unscoped
      const methods = [tokenMethod({ token: unscoped.token })]
      return requestToken(session, base, { methods, scope, includeCatalog: options.includeCatalog })
    },
    { ...options, identityUrl: baseUrl },
  )
}
