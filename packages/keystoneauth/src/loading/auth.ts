import {
  ConfigError,
  describeProblem,
  type Config,
  type ConfigProblem,
  type OptionTable,
} from '@longhaul/oslo-config'
import type { AuthPlugin } from '../plugin.ts'
import { sectionOptions } from './auth-options.ts'
import type { AuthValues } from './auth-rules.ts'
import { authTypes, type OwnLoginOptions } from './auth-types.ts'
import { authTypeOf, createAuth } from './create-auth.ts'

/** Declares `auth_type` and `auth_section` in a group. @see keystoneauth1.loading.register_auth_conf_options */
export function registerAuthConfOptions(conf: Config, group: string): void {
  conf.register(group, sectionOptions)
}

const ofServices = ['password', 'v3password', 'token', 'v3token']

/**
 * Declares the options of some `auth_type`s in a group, for its documentation; to read them, {@link loadAuthFromConfOptions}
 * declares those of the type that is set.
 *
 * @param types default: what the users of services have, a password or a token
 * @see keystoneauth1.loading.get_auth_plugin_conf_options
 */
export function registerAuthPluginConfOptions(
  conf: Config,
  group: string,
  types: readonly string[] = ofServices,
): void {
  const all: OptionTable = {}
  for (const name of types)
    for (const [option, described] of Object.entries(authTypes[name]?.options ?? {}))
      all[option] ??= described
  conf.register(group, all)
}

/** The section that describes the plugin of a group: the group's own, or what its `auth_section` names. */
export function authSectionOf(conf: Config, group: string): string {
  return conf.register(group, sectionOptions).auth_section ?? group
}

/**
 * The plugin that a section describes; with `auth_section` all of it comes from that other section.
 *
 * @param own how the program wants its login kept, and where it has one-time passcodes from
 * @param beside what else is wrong of the section, told in the same error
 * @returns undefined when `auth_type` is not set; what is wrong beside is then for the caller to tell
 * @throws MissingRequiredOptions, OptionError, ConfigError: one of them, with all that is wrong, section and file
 * @see keystoneauth1.loading.load_auth_from_conf_options
 */
export function loadAuthFromConfOptions(
  conf: Config,
  group: string,
  own?: OwnLoginOptions,
  beside: readonly ConfigProblem[] = [],
): AuthPlugin | undefined {
  const named = conf.tryRegister(group, sectionOptions)
  const section = named.values.auth_section ?? group
  const chosen = section === group ? named : conf.tryRegister(section, sectionOptions)
  if (named.problems.length + chosen.problems.length > 0)
    throw new ConfigError([...beside, ...new Set([...named.problems, ...chosen.problems])])
  const name = chosen.values.auth_type
  if (name === undefined) return undefined
  const option = conf.has(section, 'auth_type') ? 'auth_type' : 'auth_plugin'
  const chosenBy = `${conf.where(section, option)}: [${section}] ${option} = ${name}`
  const told = beside.map(describeProblem)
  const { options, ...type } = authTypeOf(name, chosenBy, told)
  const { values, problems } = readValues(conf, section, options)
  const { missing, contradictions } = type.faults(values)
  const all = [...beside, ...problems]
  if (all.length > 0 && missing.length + contradictions.length === 0) throw new ConfigError(all)
  return createAuth(
    { options, ...type },
    {
      values,
      invalid: all.map(describeProblem),
      chosenBy,
      placesOf: (wanted) => placesOf(conf, section, options, wanted),
    },
    own,
  )
}

/** A value that is not good is taken for set, as a problem tells of it. */
function readValues(
  conf: Config,
  section: string,
  options: OptionTable,
): { values: AuthValues; problems: readonly ConfigProblem[] } {
  const { values, problems } = conf.tryRegister(section, options)
  const wrong = problems.map(({ option = '' }) => [option, 'invalid'])
  return { values: { ...values, ...Object.fromEntries(wrong) } as AuthValues, problems }
}

function placesOf(conf: Config, section: string, options: OptionTable, name: string): string[] {
  const older = (options[name]?.settings.deprecatedNames ?? []).map((old) =>
    typeof old === 'string' ? `[${section}] ${old}` : `[${old[0]}] ${old[1]}`,
  )
  const files = conf.files.length > 0 ? ` in ${conf.files.join(', ')}` : ''
  return [`[${section}] ${name}`, ...older].map((place) => `${place}${files}`)
}
