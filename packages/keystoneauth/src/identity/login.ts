import type { AuthPlugin } from '../plugin.ts'
import { identityUrl } from './auth-url.ts'
import type { AuthMethod } from './auth-method.ts'
import { heldLogin, type HeldLoginOptions } from './held-login.ts'
import { scopeOf, type ScopeOptions } from './scope.ts'
import { requestToken } from './token-request.ts'

/** Options of every plugin that logs in at Keystone. */
export interface IdentityOptions extends ScopeOptions, HeldLoginOptions {
  /** With or without `/v3`, with any path prefix; without `/v3` Keystone is asked where it is. */
  authUrl: string
  /** False: no catalog in the token. Default true. */
  includeCatalog?: boolean
}

/**
 * A plugin that logs in by methods of the Identity API.
 *
 * @throws AuthorizationFailure for a scope that contradicts itself, or an `authUrl` that is none
 */
export function identityPlugin(methods: readonly AuthMethod[], options: IdentityOptions): AuthPlugin {
  const scope = scopeOf(options)
  const baseUrl = identityUrl(options.authUrl)
  return heldLogin(
    async (session) =>
      requestToken(session, await baseUrl(session), {
        methods,
        scope,
        includeCatalog: options.includeCatalog,
      }),
    { ...options, identityUrl: baseUrl, singleUse: methods.some(({ singleUse }) => singleUse) },
  )
}
