import { AuthorizationFailure, InvalidResponse } from '../errors.ts'
import type { PluginSession } from '../plugin-session.ts'
import { withoutSecrets } from '../response.ts'
import { clientToken, type ClientAuthentication } from './oauth2-token.ts'

/** How an OpenID Connect provider is reached, and as which application. */
export interface OidcProviderOptions {
  clientId: string
  /** Absent for a public client. */
  clientSecret?: string
  /** URL that gives access tokens; wins over what the discovery document says. */
  accessTokenEndpoint?: string
  /** URL of the discovery document, `…/.well-known/openid-configuration`. */
  discoveryEndpoint?: string
  /** Which token of the answer Keystone is shown; default `access_token`. */
  accessTokenType?: string
  /** Scope that is asked of the provider; default `openid profile`. */
  openidScope?: string
}

/** What is shown to a provider. */
export interface Grant {
  /** `grant_type`. */
  type: string
  /** Its parameters, anew for each login, and their values that no error may repeat. */
  proof?: () => Promise<{ parameters: Record<string, string>; secrets: readonly string[] }>
}

/**
 * How an access token is got from a provider for a grant.
 *
 * @throws AuthorizationFailure without an endpoint; later for a grant that the provider does not have
 * @see OpenID Connect Discovery 1.0; RFC 6749
 */
export function providerToken(
  options: OidcProviderOptions,
  { type, proof }: Grant,
): (session: PluginSession) => Promise<string> {
  const { accessTokenEndpoint, discoveryEndpoint } = options
  if (!accessTokenEndpoint && !discoveryEndpoint) {
    throw new AuthorizationFailure('OpenID Connect needs access_token_endpoint or discovery_endpoint')
  }
  return async (session) => {
    const document = discoveryEndpoint ? await discover(session, discoveryEndpoint) : {}
    const { grant_types_supported: grants, token_endpoint: discovered } = document
    if (grants && !grants.includes(type)) {
      throw new AuthorizationFailure(`the OpenID Connect provider does not have grant ${type}`)
    }
    const endpoint = accessTokenEndpoint ?? checkedEndpoint(discovered, discoveryEndpoint!)
    const { parameters = {}, secrets = [] } = (await proof?.()) ?? {}
    const answer = await clientToken(session, endpoint, {
      clientId: options.clientId,
      clientSecret: options.clientSecret,
      authentication: authenticationOf(document),
      parameters: { grant_type: type, ...parameters, scope: options.openidScope ?? 'openid profile' },
      secrets,
    })
    const token = answer[options.accessTokenType ?? 'access_token']
    if (typeof token === 'string' && token !== '') return token
    throw new InvalidResponse(
      `POST ${withoutSecrets(endpoint)}: the answer holds no ${options.accessTokenType ?? 'access_token'}`,
    )
  }
}

interface DiscoveryDocument {
  token_endpoint?: string
  grant_types_supported?: readonly string[]
  token_endpoint_auth_methods_supported?: readonly string[]
}

async function discover(session: PluginSession, url: string): Promise<DiscoveryDocument> {
  const response = await session.request(url, { method: 'GET', authenticated: false, purpose: 'login' })
  const document = await response.json<DiscoveryDocument | null>()
  if (typeof document === 'object' && document !== null) return document
  throw new InvalidResponse(`GET ${withoutSecrets(url)}: the answer is no discovery document`)
}

// The secret of the client goes there: never in the clear when the document itself came over TLS.
function checkedEndpoint(endpoint: unknown, discoveryUrl: string): string {
  const place = withoutSecrets(discoveryUrl)
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint)) {
    throw new InvalidResponse(`GET ${place}: the discovery document names no token_endpoint`)
  }
  if (new URL(discoveryUrl).protocol === 'https:' && new URL(endpoint).protocol !== 'https:') {
    throw new AuthorizationFailure(`${place} names a token_endpoint without TLS: not used`)
  }
  return endpoint
}

// The default of the specification is the header; a provider without it takes the body.
function authenticationOf(document: DiscoveryDocument): ClientAuthentication {
  const known = document.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
  return !known.includes('client_secret_basic') && known.includes('client_secret_post') ? 'body' : 'header'
}
