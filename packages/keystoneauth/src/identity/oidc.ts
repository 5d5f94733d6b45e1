import { AuthorizationFailure } from '../errors.ts'
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
  return federationPlugin(providerToken(options, { type: 'client_credentials' }), options)
}

export interface OidcPasswordOptions extends OidcOptions {
  username: string
  password: string
  /** Parameter of the token request in which the provider expects a one-time passcode, such as `totp`; needs `otp`. */
  idpOtpKey?: string
  /** Gives a one-time passcode, a new one for each login. */
  otp?: () => string | Promise<string>
}

/**
 * Logs in as a user of an OpenID Connect provider, with the password the provider knows, and a one-time passcode if it asks
 * for one.
 *
 * @throws AuthorizationFailure without `accessTokenEndpoint` and `discoveryEndpoint`, or for `idpOtpKey` without `otp`
 * @see RFC 6749, 4.3; keystoneauth1, identity.v3.oidc.OidcPassword, which asks for the passcode on the terminal
 */
export function oidcPassword(options: OidcPasswordOptions): AuthPlugin {
  const { username, password, idpOtpKey, otp } = options
  if (idpOtpKey && !otp) {
    throw new AuthorizationFailure('idp_otp_key asks for a one-time passcode, and the program gives no otp')
  }
  const proof = async () => {
    const code = idpOtpKey ? await otp?.() : undefined
    const known = { username, password }
    return code === undefined
      ? { parameters: known, secrets: [password] }
      : { parameters: { ...known, [idpOtpKey!]: code }, secrets: [password, code] }
  }
  return federationPlugin(providerToken(options, { type: 'password', proof }), options)
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
