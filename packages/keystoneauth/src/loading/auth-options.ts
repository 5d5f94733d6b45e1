import { stringOption, uriOption, type OptionTable } from '@longhaul/oslo-config'
import { password } from '../identity/password.ts'
import { token } from '../identity/token.ts'
import type { AuthPlugin } from '../plugin.ts'

/** The two options of every section with credentials. @see keystoneauth1.loading.conf */
export const sectionOptions = {
  auth_type: stringOption({
    help: 'Kind of credentials: password, token, v3password or v3token. Without a value the section has none.',
    deprecatedNames: ['auth_plugin'],
  }),
  auth_section: stringOption({
    help: 'Section that auth_type and the credentials are read from in place of this one.',
  }),
} satisfies OptionTable

const text = (help: string) => stringOption({ help })

const identityOptions = {
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
const genericOptions = {
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
  password: stringOption({ help: 'Password of the user.', secret: true }),
} satisfies OptionTable

const tokenOptions = {
  token: stringOption({
    help: 'Token that is exchanged for one with the scope of this section.',
    secret: true,
  }),
} satisfies OptionTable

/** The values of a section, by option name; unset options are absent. */
export type AuthValues = Readonly<Record<string, string | undefined>>

/** A kind of credentials: its options, and the plugin made of them. */
export interface AuthType {
  options: OptionTable
  /** What has to be set and is not, in the words of the options. */
  missing(values: AuthValues): string[]
  create(values: AuthValues): AuthPlugin
}

const passwordType = (options: OptionTable): AuthType => ({
  options: { ...options, ...userOptions },
  missing: (values) => [
    ...unset(values, 'auth_url', 'password'),
    ...(values['user_id'] || values['username'] ? [] : ['username or user_id']),
    ...(values['username'] && !values['user_id'] ? withoutDomain(values, 'user') : []),
    ...missingProjectDomain(values),
  ],
  create: (values) =>
    password({
      ...identityOf(values),
      userId: values['user_id'],
      username: values['username'],
      userDomainId: values['user_domain_id'],
      userDomainName: values['user_domain_name'],
      password: values['password'] ?? '',
    }),
})

const tokenType = (options: OptionTable): AuthType => ({
  options: { ...options, ...tokenOptions },
  missing: (values) => [...unset(values, 'auth_url', 'token'), ...missingProjectDomain(values)],
  create: (values) => token({ ...identityOf(values), token: values['token'] ?? '' }),
})

/** Every known `auth_type`, those that understand most first; the reference page is made from it. @see keystoneauth1, entry points keystoneauth1.plugin */
export const authTypes: Readonly<Record<string, AuthType>> = {
  password: passwordType(genericOptions),
  v3password: passwordType(identityOptions),
  token: tokenType(genericOptions),
  v3token: tokenType(identityOptions),
}

/** The options of every `auth_type`, each once, as the type that was named first describes it. */
export function everyAuthOption(): OptionTable {
  const all: OptionTable = {}
  for (const { options } of Object.values(authTypes))
    for (const [name, option] of Object.entries(options)) all[name] ??= option
  return all
}

function unset(values: AuthValues, ...names: string[]): string[] {
  return names.filter((name) => !values[name])
}

function missingProjectDomain(values: AuthValues): string[] {
  return values['project_name'] && !values['project_id'] ? withoutDomain(values, 'project') : []
}

function withoutDomain(values: AuthValues, of: 'user' | 'project'): string[] {
  const names = [`${of}_domain_name`, `${of}_domain_id`]
  return [...names, 'default_domain_id', 'default_domain_name'].some((name) => values[name])
    ? []
    : [names.join(' or ')]
}

function identityOf(values: AuthValues) {
  return {
    authUrl: values['auth_url'] ?? '',
    systemScope: values['system_scope'],
    domainId: values['domain_id'],
    domainName: values['domain_name'],
    projectId: values['project_id'],
    projectName: values['project_name'],
    projectDomainId: values['project_domain_id'],
    projectDomainName: values['project_domain_name'],
    trustId: values['trust_id'],
    defaultDomainId: values['default_domain_id'],
    defaultDomainName: values['default_domain_name'],
  }
}
