import {
  loadAuthFromConfOptions,
  loadServiceUser,
  registerAuthConfOptions,
  registerAuthPluginConfOptions,
  registerServiceUserConfOptions,
  type ServiceUserSection,
} from '@longhaul/keystoneauth'
import type { Config } from '@longhaul/oslo-config'
import { serviceUserSections, type ServiceUserSectionName } from './service-auth.ts'

/** Whose token goes along with the user's, by the section that says so. */
export type ServiceUsers = (section: ServiceUserSectionName) => ServiceUserSection

/** Declares all that {@link loadServiceUsers} reads. */
export function registerServiceUserOptions(conf: Config): void {
  registerServiceUserConfOptions(conf)
  for (const section of serviceUserSections) {
    registerAuthConfOptions(conf, section)
    registerAuthPluginConfOptions(conf, section)
  }
}

/**
 * Reads `[service_user]`, and the sections of targets that have a service user of their own: a token that one receiver leaks is
 * of no use at another one then, if they accept different roles. `[service_user]` alone says whether tokens are sent.
 *
 * @throws MissingRequiredOptions, OptionError
 */
export function loadServiceUsers(conf: Config, warn: (message: string) => void): ServiceUsers {
  const common = loadServiceUser(conf, 'service_user', { warn })
  const own = new Map(
    serviceUserSections.map((section) => {
      const auth = common.sendServiceUserToken ? loadAuthFromConfOptions(conf, section) : undefined
      return [section, auth && { sendServiceUserToken: true, auth }]
    }),
  )
  return (section) => own.get(section) ?? common
}
