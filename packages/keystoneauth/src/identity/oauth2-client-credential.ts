import { AuthorizationFailure, InvalidResponse } from '../errors.ts'
import type { AuthPlugin } from '../plugin.ts'
import type { PluginSession } from '../plugin-session.ts'
import { withoutSecrets } from '../response.ts'
import { applicationCredentialMethod } from './application-credential.ts'
import { identityPlugin, type IdentityOptions } from './login.ts'
import { clientToken } from './oauth2-token.ts'
import { scopeOf } from './scope.ts'

export interface OAuth2ClientCredentialOptions extends IdentityOptions {
  /** URL that gives OAuth 2.0 access tokens, Keystone's own `…/v3/OS-OAUTH2/token` for example. */
  oauth2Endpoint: string
  /** The id of an application credential. */
  oauth2ClientId: string
  oauth2ClientSecret: string
}

/**
 * Logs in with an application credential for the catalog, and sends an OAuth 2.0 access token beside, for services that
 * stand behind a gateway: `X-Auth-Token` and `Authorization: Bearer`. The access token is kept for four fifths of its life.
 *
 * @throws AuthorizationFailure for a scope: an application credential has its own
 * @see keystoneauth1, identity.v3.oauth2_client_credential, which gets a new access token for every request
 */
export function oauth2ClientCredential(options: OAuth2ClientCredentialOptions): AuthPlugin {
  if (scopeOf(options) !== undefined) {
    throw new AuthorizationFailure('an application credential has a scope of its own and takes no other')
  }
  const method = applicationCredentialMethod({
    applicationCredentialId: options.oauth2ClientId,
    applicationCredentialSecret: options.oauth2ClientSecret,
  })
  const keystone = identityPlugin([method], options)
  const bearer = heldBearer(options)
  return {
    ...keystone,
    async getHeaders(session) {
      const [headers, token] = await Promise.all([keystone.getHeaders(session), bearer.get(session)])
      return { ...headers, Authorization: `Bearer ${token}` }
    },
    invalidate(refusal) {
      const bearerDropped = bearer.drop(refusal?.headers['Authorization'])
      return keystone.invalidate(refusal) || bearerDropped
    },
  }
}

const shareOfLife = 0.8

function heldBearer(options: OAuth2ClientCredentialOptions) {
  const { oauth2Endpoint: endpoint, oauth2ClientId: clientId, oauth2ClientSecret: clientSecret } = options
  let held: { token: string; until: number } | undefined
  let pending: Promise<string> | undefined

  const fetch = async (session: PluginSession): Promise<string> => {
    const answer = await clientToken(session, endpoint, {
      clientId,
      clientSecret,
      authentication: 'plain-header',
      parameters: { grant_type: 'client_credentials' },
    })
    const { access_token: token, expires_in: life } = answer
    if (typeof token !== 'string' || token === '') {
      throw new InvalidResponse(`POST ${withoutSecrets(endpoint)}: the answer holds no access_token`)
    }
    // Without a life it is good for the requests that wait for it.
    const seconds = typeof life === 'number' && life > 0 ? life * shareOfLife : 0
    held = { token, until: session.now().getTime() + seconds * 1000 }
    return token
  }

  return {
    async get(session: PluginSession): Promise<string> {
      if (held && session.now().getTime() < held.until) return held.token
      pending ??= fetch(session).finally(() => (pending = undefined))
      return pending
    },
    /** @param refused the header that was refused; undefined drops whatever there is */
    drop(refused: string | undefined): boolean {
      if (!held || (refused !== undefined && refused !== `Bearer ${held.token}`)) return refused !== undefined
      held = undefined
      return true
    },
  }
}
