import type { AuthPlugin } from '../plugin.ts'
import { federationPlugin, type FederationOptions } from './federation.ts'
import { providerToken, type OidcProviderOptions } from './oidc-provider.ts'

export interface OidcOptions extends FederationOptions, OidcProviderOptions {}

/**
 * Logs in as an application that an OpenID Connect provider knows.
 *
 * @throws AuthorizationFailure without `accessTokenEndpoint` and `discoveryEndpoint`
 * @see RFC 6749, 4.4
 */
export function oidcClientCredentials(options: OidcOptions): AuthPlugin {
  return federationPlugin(providerToken(options, { grant_type: 'client_credentials' }), options)
}

export interface OidcPasswordOptions extends OidcOptions {
  username: string
  password: string
}

/**
 * Logs in as a user of an OpenID Connect provider, with the password the provider knows.
 *
 * @throws AuthorizationFailure without `accessTokenEndpoint` and `discoveryEndpoint`
 * @see RFC 6749, 4.3
 */
export function oidcPassword(options: OidcPasswordOptions): AuthPlugin {
  const { username, password } = options
  const grant = { grant_type: 'password', username, password }
  return federationPlugin(providerToken(options, grant, [password]), options)
}

export interface OidcAccessTokenOptions extends FederationOptions {
  /** A function gives one for each login, as they do not live long. */
  accessToken: string | (() => string | Promise<string>)
}

/** Logs in with an access token that was got elsewhere. */
export function oidcAccessToken(options: OidcAccessTokenOptions): AuthPlugin {
  const { accessToken } = options
  return federationPlugin(
    async () => (typeof accessToken === 'string' ? accessToken : accessToken()),
    options,
  )
}
