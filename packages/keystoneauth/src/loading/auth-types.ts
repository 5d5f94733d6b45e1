import type { OptionTable } from '@longhaul/oslo-config'
import { adminToken, type AdminTokenOptions } from '../admin-token.ts'
import { httpBasic, type HttpBasicOptions } from '../http-basic.ts'
import {
  applicationCredential,
  type ApplicationCredentialOptions,
} from '../identity/application-credential.ts'
import type { HeldLoginOptions } from '../identity/held-login.ts'
import type { IdentityOptions } from '../identity/login.ts'
import {
  oauth2ClientCredential,
  type OAuth2ClientCredentialOptions,
} from '../identity/oauth2-client-credential.ts'
import {
  oidcAccessToken,
  oidcClientCredentials,
  oidcPassword,
  type OidcAccessTokenOptions,
  type OidcOptions,
  type OidcPasswordOptions,
} from '../identity/oidc.ts'
import { password, type PasswordOptions } from '../identity/password.ts'
import { token, type TokenOptions } from '../identity/token.ts'
import { totp, type TotpOptions } from '../identity/totp.ts'
import { none } from '../no-auth.ts'
import type { AuthPlugin } from '../plugin.ts'
import * as options from './auth-options.ts'
import {
  applicationCredentialRules,
  faultsOf,
  isNamedCredential,
  noScope,
  oneOf,
  oneScope,
  required,
  when,
  withDomain,
  type AuthValues,
  type Faults,
} from './auth-rules.ts'
import { multifactorFrom, multifactorRules } from './multifactor.ts'

/** What the program says of a login, and no option. */
export interface OwnLoginOptions extends HeldLoginOptions, Pick<OidcPasswordOptions, 'otp'> {}

/** A kind of credentials: its options, and the plugin made of them. */
export interface AuthType {
  /** One sentence for the reference page. */
  about: string
  options: OptionTable
  faults(values: AuthValues): Faults
  /** @param own how the program wants its login kept, and one-time passcodes; no option says that */
  create(values: AuthValues, own?: OwnLoginOptions): AuthPlugin
}

const scoped = [required('auth_url'), withDomain('project'), oneScope]
const user = [oneOf('username', 'user_id'), withDomain('user')]
const provider = [...scoped, required('identity_provider', 'protocol')]
const client = [...provider, required('client_id'), oneOf('access_token_endpoint', 'discovery_endpoint')]

/** `auth_url` is `authUrl`: the options of the tables are those of the plugins. What is required was checked. */
function given(values: AuthValues, own: OwnLoginOptions = {}): object {
  const set = Object.entries(values).filter(([, value]) => value !== undefined && value !== '')
  const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
  return { ...Object.fromEntries(set.map(([name, value]) => [camel(name), value])), ...own }
}

const passwordType = (table: OptionTable, about: string): AuthType => ({
  about,
  options: { ...table, ...options.passwordOptions },
  faults: (values) =>
    faultsOf(values, [required('auth_url', 'password'), ...user, withDomain('project'), oneScope]),
  create: (values, own) => password(given(values, own) as PasswordOptions),
})

const tokenType = (table: OptionTable, about: string): AuthType => ({
  about,
  options: { ...table, ...options.tokenOptions },
  faults: (values) => faultsOf(values, [required('auth_url', 'token'), withDomain('project'), oneScope]),
  create: (values, own) => token(given(values, own) as TokenOptions),
})

/** Every known `auth_type`, those that understand most first; the reference page is made from it. @see keystoneauth1, entry points keystoneauth1.plugin */
export const authTypes: Readonly<Record<string, AuthType>> = {
  password: passwordType(options.genericOptions, 'A user with a password.'),
  v3password: passwordType(
    options.identityOptions,
    'As password, without the names of the Identity API v2 and without defaults for domains.',
  ),
  token: tokenType(options.genericOptions, 'A token, which is exchanged for one of another scope.'),
  v3token: tokenType(
    options.identityOptions,
    'As token, without the names of the Identity API v2 and without defaults for domains.',
  ),
  v3applicationcredential: {
    about: 'An application credential, by its id, or by its name and user.',
    options: { ...options.identityOptions, ...options.applicationCredentialOptions },
    faults: (values) =>
      faultsOf(values, [
        required('auth_url'),
        ...applicationCredentialRules,
        when(isNamedCredential, ...user),
        noScope,
      ]),
    create: (values, own) => applicationCredential(given(values, own) as ApplicationCredentialOptions),
  },
  v3totp: {
    about: 'A user with a one-time passcode.',
    options: { ...options.identityOptions, ...options.totpOptions },
    faults: (values) => faultsOf(values, [...scoped, ...user, required('passcode')]),
    create: (values, own) => totp(given(values, own) as TotpOptions),
  },
  v3multifactor: {
    about: 'Several methods in one login.',
    options: {
      ...options.identityOptions,
      ...options.multifactorOptions,
      ...options.passwordOptions,
      ...options.totpOptions,
      ...options.tokenOptions,
      ...options.applicationCredentialOptions,
    },
    faults: (values) => faultsOf(values, [...scoped, ...multifactorRules]),
    create: (values, own) => multifactorFrom(given(values, own) as IdentityOptions, values),
  },
  v3oidcclientcredentials: {
    about: 'An application that an OpenID Connect provider knows.',
    options: options.oidcOptions,
    faults: (values) => faultsOf(values, [...client, required('client_secret')]),
    create: (values, own) => oidcClientCredentials(given(values, own) as OidcOptions),
  },
  v3oidcpassword: {
    about: 'A user whose password an OpenID Connect provider knows.',
    options: options.oidcPasswordOptions,
    faults: (values) => faultsOf(values, [...client, required('username', 'password')]),
    create: (values, own) => oidcPassword(given(values, own) as OidcPasswordOptions),
  },
  v3oidcaccesstoken: {
    about: 'An access token of an OpenID Connect provider.',
    options: options.oidcAccessTokenOptions,
    faults: (values) => faultsOf(values, [...provider, required('access_token')]),
    create: (values, own) => oidcAccessToken(given(values, own) as OidcAccessTokenOptions),
  },
  v3oauth2clientcredential: {
    about: 'An application credential, with an OAuth 2.0 access token in Authorization beside its token.',
    options: options.oauth2Options,
    faults: (values) =>
      faultsOf(values, [
        required('auth_url', 'oauth2_endpoint', 'oauth2_client_id', 'oauth2_client_secret'),
        noScope,
      ]),
    create: (values, own) => oauth2ClientCredential(given(values, own) as OAuth2ClientCredentialOptions),
  },
  none: {
    about: 'No credentials, for one service without Keystone.',
    options: options.noneOptions,
    faults: (values) => faultsOf(values, []),
    create: (values) => none(given(values)),
  },
  http_basic: {
    about: 'HTTP Basic, for one service without Keystone.',
    options: options.httpBasicOptions,
    faults: (values) => faultsOf(values, [required('username', 'password')]),
    create: (values, own) => httpBasic(given(values, own) as HttpBasicOptions),
  },
  admin_token: {
    about: 'A token as it is, for one service.',
    options: options.adminTokenOptions,
    faults: (values) => faultsOf(values, [required('endpoint', 'token')]),
    create: (values, own) => adminToken(given(values, own) as AdminTokenOptions),
  },
}
