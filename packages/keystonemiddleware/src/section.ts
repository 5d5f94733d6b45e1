import { authSectionOf, loadAuthFromConfOptions, Session, type AuthPlugin } from '@longhaul/keystoneauth'
import {
  ConfigError,
  stringOption,
  type Config,
  type ConfigProblem,
  type Option,
} from '@longhaul/oslo-config'
import { defaultTimeout } from './fetch-token.ts'
import { authTokenOptions, type AuthTokenValues } from './options.ts'
import { sharedCacheFaults } from './shared-cache.ts'

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

/** @throws MissingRequiredOptions, OptionError, ConfigError: one of them, with all that is wrong of section and overrides */
export function openSection(conf: Config, settings: SectionSettings): Section {
  const { group, now, userAgent } = settings
  const { values, problems } = readValues(conf, settings)
  const auth = pluginOf(conf, group, problems)
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
  throw new ConfigError([conf.problem(group, 'www_authenticate_uri', 'is not set, nor is auth_url')])
}

/** A value is missing only if a problem tells why; {@link pluginOf} throws them. */
function readValues(
  conf: Config,
  { group, overrides }: SectionSettings,
): { values: AuthTokenValues; problems: readonly ConfigProblem[] } {
  const read = conf.tryRegister(group, authTokenOptions)
  const given = overridden(overrides, group)
  const values = { ...read.values, ...given.values }
  const problems = [...read.problems, ...given.problems]
  const faults = sharedCacheFaults(values)
    .filter(([option]) => problems.every((problem) => problem.option !== option))
    .map(([option, message]) =>
      option in overrides ? overrideProblem(group, option, message) : conf.problem(group, option, message),
    )
  return { values: values as AuthTokenValues, problems: [...problems, ...faults] }
}

function overridden(
  overrides: Readonly<Record<string, Override>>,
  group: string,
): { values: Partial<AuthTokenValues>; problems: readonly ConfigProblem[] } {
  const problems: ConfigProblem[] = []
  const values: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(overrides)) {
    const option = (authTokenOptions as Readonly<Record<string, Option<unknown>>>)[name]
    try {
      if (!option) throw new Error('is no option of auth_token')
      values[name] = option.parse([Array.isArray(value) ? value.join(',') : String(value)])
    } catch (error) {
      problems.push(overrideProblem(group, name, (error as Error).message))
    }
  }
  return { values, problems }
}

function overrideProblem(group: string, option: string, message: string): ConfigProblem {
  return { group, option, message: `override: ${message}` }
}

function pluginOf(conf: Config, group: string, problems: readonly ConfigProblem[]): AuthPlugin {
  const auth = loadAuthFromConfOptions(conf, group, undefined, problems)
  if (auth) return auth
  const message = "is not set; this service's own user is needed to validate tokens"
  throw new ConfigError([...problems, conf.problem(authSectionOf(conf, group), 'auth_type', message)])
}
