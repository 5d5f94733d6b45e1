import type { Config } from '@longhaul/oslo-config'
import { AuthorizationFailure, MissingRequiredOptions, OptionError } from '../errors.ts'
import type { AuthPlugin } from '../plugin.ts'
import { authTypes, everyAuthOption, sectionOptions, type AuthValues } from './auth-options.ts'

/** Declares `auth_type` and `auth_section` in a group. @see keystoneauth1.loading.register_auth_conf_options */
export function registerAuthConfOptions(conf: Config, group: string): void {
  conf.register(group, sectionOptions)
}

/**
 * Declares the options of every `auth_type` in a group, for its documentation; to read them, {@link loadAuthFromConfOptions}
 * declares those of the type that is set.
 *
 * @see keystoneauth1.loading.get_auth_plugin_conf_options
 */
export function registerAuthPluginConfOptions(conf: Config, group: string): void {
  conf.register(group, everyAuthOption())
}

/**
 * The plugin that a section describes; with `auth_section` all of it comes from that other section.
 *
 * @returns undefined when `auth_type` is not set
 * @throws MissingRequiredOptions naming all that is missing, OptionError; both name section and file
 * @see keystoneauth1.loading.load_auth_from_conf_options
 */
export function loadAuthFromConfOptions(conf: Config, group: string): AuthPlugin | undefined {
  const section = conf.register(group, sectionOptions).auth_section ?? group
  const name = conf.register(section, sectionOptions).auth_type
  if (name === undefined) return undefined
  const option = conf.has(section, 'auth_type') ? 'auth_type' : 'auth_plugin'
  const place = `${conf.where(section, option)}: [${section}] ${option} = ${name}`
  const type = Object.hasOwn(authTypes, name) ? authTypes[name] : undefined
  if (!type) throw new OptionError(`${place} is not known; known are ${Object.keys(authTypes).join(', ')}`)
  const values = conf.register(section, type.options) as AuthValues
  const missing = type.missing(values)
  if (missing.length > 0) throw new MissingRequiredOptions(missing, place)
  try {
    return type.create(values)
  } catch (error) {
    if (error instanceof AuthorizationFailure) throw new OptionError(`${place}: ${error.message}`)
    throw error
  }
}
