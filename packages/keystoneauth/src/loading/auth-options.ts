import { stringOption, uriOption, type OptionTable } from '@longhaul/oslo-config'

// The options of each auth plugin, described once: INI sections, clouds.yaml, OS_* variables and the reference page read
// these tables. Names, older names and secrets are those of keystoneauth1.loading.

const text = (help: string) => stringOption({ help })
const secret = (help: string) => stringOption({ help, secret: true })

/** The two options of every section with credentials. @see keystoneauth1.loading.conf */
export const sectionOptions = {
  auth_type: stringOption({
    help: 'Kind of credentials, such as password or v3applicationcredential. Without a value the section has none.',
    deprecatedNames: ['auth_plugin'],
  }),
  auth_section: stringOption({
    help: 'Section that auth_type and the credentials are read from in place of this one.',
  }),
} satisfies OptionTable

export const identityOptions = {
  auth_url: uriOption({ help: 'URL of the Identity service; one without /v3 is asked for its versions.' }),
  system_scope: text('The word all, for a token of the system as a whole.'),
  domain_id: text('Domain the token is for, by id.'),
  domain_name: text('Domain the token is for, by name.'),
  project_id: text('Project the token is for, by id.'),
  project_name: text('Project the token is for, by name.'),
  project_domain_id: text('Domain of the project, by id.'),
  project_domain_name: text('Domain of the project, by name.'),
  trust_id: text('Trust by whose rights the token is given, by id.'),
} satisfies OptionTable

/** What the types without a version understand beside: names of the Identity API v2, and defaults for domains. */
export const genericOptions = {
  ...identityOptions,
  project_id: stringOption({ help: 'Project the token is for, by id.', deprecatedNames: ['tenant_id'] }),
  project_name: stringOption({
    help: 'Project the token is for, by name.',
    deprecatedNames: ['tenant_name'],
  }),
  default_domain_id: text('Domain of user and project where none is given, by id.'),
  default_domain_name: text('Domain of user and project where none is given, by name.'),
} satisfies OptionTable

const userOptions = {
  user_id: text('User that logs in, by id.'),
  username: stringOption({ help: 'User that logs in, by name.', deprecatedNames: ['user_name'] }),
  user_domain_id: text('Domain of the user, by id.'),
  user_domain_name: text('Domain of the user, by name.'),
} satisfies OptionTable

export const passwordOptions = {
  ...userOptions,
  password: secret('Password of the user.'),
} satisfies OptionTable

export const tokenOptions = {
  token: secret('Token that is exchanged for one with the scope of this section.'),
} satisfies OptionTable

export const applicationCredentialOptions = {
  ...userOptions,
  application_credential_id: text('Application credential, by id.'),
  application_credential_name: text('Application credential, by name; needs the user it belongs to.'),
  application_credential_secret: secret('Secret of the application credential.'),
} satisfies OptionTable

export const totpOptions = {
  ...userOptions,
  passcode: secret('One-time passcode of the user; good for one login.'),
} satisfies OptionTable

export const multifactorOptions = {
  auth_methods: text(
    'Methods that are shown together, separated by commas: v3password, v3totp, v3token, v3applicationcredential.',
  ),
} satisfies OptionTable

const federationOptions = {
  ...identityOptions,
  identity_provider: text('Identity provider, by its id in Keystone.'),
  protocol: text('Protocol of the identity provider, by its id in Keystone.'),
} satisfies OptionTable

export const oidcOptions = {
  ...federationOptions,
  client_id: text('Application that logs in, by its id at the OpenID Connect provider.'),
  client_secret: secret('Secret of the application; without one it is a public client.'),
  openid_scope: stringOption({
    help: 'Scope that is asked of the OpenID Connect provider.',
    default: 'openid profile',
  }),
  access_token_endpoint: uriOption({
    help: 'URL of the provider that gives access tokens; wins over what its discovery document says.',
  }),
  discovery_endpoint: uriOption({
    help: 'URL of the discovery document of the provider, which ends with /.well-known/openid-configuration.',
  }),
  access_token_type: stringOption({
    help: 'Which token of the answer of the provider Keystone is shown.',
    default: 'access_token',
    choices: ['access_token', 'id_token'],
  }),
} satisfies OptionTable

export const oidcPasswordOptions = {
  ...oidcOptions,
  username: stringOption({ help: 'User that logs in, by name at the provider.' }),
  password: secret('Password of the user at the provider.'),
  idp_otp_key: text(
    'Parameter in which the provider expects a one-time passcode, such as totp; the program has to give the passcode.',
  ),
} satisfies OptionTable

export const oidcAccessTokenOptions = {
  ...federationOptions,
  access_token: secret('Access token of the provider, got elsewhere.'),
} satisfies OptionTable

export const oauth2Options = {
  ...identityOptions,
  oauth2_endpoint: uriOption({ help: 'URL that gives OAuth 2.0 access tokens.' }),
  oauth2_client_id: text('Client, which is an application credential of Keystone by its id.'),
  oauth2_client_secret: secret('Secret of the client.'),
} satisfies OptionTable

const endpoint = text('URL of the one service that all requests go to.')

export const noneOptions = { endpoint } satisfies OptionTable

export const httpBasicOptions = {
  endpoint,
  username: stringOption({ help: 'User of HTTP Basic.', deprecatedNames: ['user_name'] }),
  password: secret('Password of HTTP Basic.'),
} satisfies OptionTable

export const adminTokenOptions = {
  endpoint: stringOption({
    help: 'URL of the one service that all requests go to.',
    deprecatedNames: ['url'],
  }),
  token: secret('Token that is sent as it is.'),
} satisfies OptionTable
