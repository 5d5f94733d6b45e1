import {
  loadAuthFromConfOptions,
  registerAuthConfOptions,
  Session,
  type AuthPlugin,
} from '@longhaul/keystoneauth'
import {
  ConfigError,
  stringOption,
  type Config,
  type ConfigProblem,
  type Option,
  type Values,
} from '@longhaul/oslo-config'
import { defaultTimeout } from './fetch-token.ts'
import { authTokenOptions } from './options.ts'

/** The values of a [keystone_authtoken] section. */
export type AuthTokenValues = Values<typeof authTokenOptions>

/** A value as a paste file (text) or a program gives it. */
export type Override = string | number | boolean | readonly string[]

/** What the service fixes for itself, as a paste file would; wins over the configuration. */
export type Overrides = Readonly<Partial<Record<keyof typeof authTokenOptions, Override>>>

/** How a section is opened. */
export interface SectionSettings {
  group: string
  overrides: Overrides
  userAgent: string
  now: () => Date
}

/** A section as it was read, with the service's own user and the way to Keystone. */
export interface Section {
  group: string
  values: AuthTokenValues
  auth: AuthPlugin
  session: Session
  /** Where clients log in. */
  wwwAuthenticateUri: string
}

/** @throws ConfigError when an option is wrong or the auth plugin is missing */
export function openSection(conf: Config, settings: SectionSettings): Section {
  const { group, now, userAgent } = settings
  const values = overridden(conf.register(group, authTokenOptions), settings.overrides, group)
  const auth = pluginOf(conf, group)
  const session = new Session({
    auth,
    userAgent,
    timeout: values.http_connect_timeout ?? defaultTimeout,
    insecure: values.insecure,
    cafile: values.cafile,
    certfile: values.certfile,
    keyfile: values.keyfile,
    now,
  })
  const wwwAuthenticateUri = values.www_authenticate_uri ?? authUrlOf(conf, group)
  return { group, values, auth, session, wwwAuthenticateUri }
}

/** URL at which the service's own user logs in. @throws ConfigError */
export function authUrlOf(conf: Config, group: string): string {
  const options = {
    auth_section: stringOption({ help: 'Section that holds the options of the auth plugin.' }),
  }
  const section = conf.register(group, options).auth_section ?? group
  const { auth_url: url } = conf.register(section, {
    auth_url: stringOption({ help: 'Identity endpoint.' }),
  })
  if (url) return url
  throw new ConfigError([{ group, option: 'www_authenticate_uri', message: 'is not set, nor is auth_url' }])
}

function overridden(
  values: AuthTokenValues,
  overrides: Readonly<Record<string, Override>>,
  group: string,
): AuthTokenValues {
  const problems: ConfigProblem[] = []
  const changed: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(overrides)) {
    const option = (authTokenOptions as Readonly<Record<string, Option<unknown>>>)[name]
    try {
      if (!option) throw new Error('is no option of auth_token')
      changed[name] = option.parse([Array.isArray(value) ? value.join(',') : String(value)])
    } catch (error) {
      problems.push({ group, option: name, message: `override: ${(error as Error).message}` })
    }
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return { ...values, ...changed }
}

function pluginOf(conf: Config, group: string): AuthPlugin {
  registerAuthConfOptions(conf, group)
  const auth = loadAuthFromConfOptions(conf, group)
  if (auth) return auth
  throw new ConfigError([
    {
      group,
      option: 'auth_type',
      message: "is not set; this service's own user is needed to validate tokens",
    },
  ])
}
