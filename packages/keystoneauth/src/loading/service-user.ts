import { booleanOption, ConfigError, type Config, type OptionTable } from '@longhaul/oslo-config'
import { boundAuth } from '../bound-auth.ts'
import type { AuthPlugin } from '../plugin.ts'
import { serviceTokenAuth } from '../service-token.ts'
import type { SessionOptions } from '../session.ts'
import type { OwnLoginOptions } from './auth-types.ts'
import { loadAuthFromConfOptions, registerAuthConfOptions, registerAuthPluginConfOptions } from './auth.ts'
import {
  loadSessionFromConfOptions,
  registerSessionConfOptions,
  sessionProblems,
  setsSessionOptions,
} from './session.ts'

/** The option by which service tokens are switched on. @see nova.conf.service_token */
const serviceUserOptions = {
  send_service_user_token: booleanOption({
    help: "Whether requests to other services carry the service's own token beside the user's.",
    default: false,
  }),
} satisfies OptionTable

/** Declares all that a `[service_user]` section may say, for its documentation. @see nova.conf.service_token */
export function registerServiceUserConfOptions(conf: Config, group = 'service_user'): void {
  conf.register(group, serviceUserOptions)
  registerAuthConfOptions(conf, group)
  registerAuthPluginConfOptions(conf, group)
  registerSessionConfOptions(conf, group)
}

/** A `[service_user]` section, loaded once a process: all requests share its login. */
export interface ServiceUserSection {
  sendServiceUserToken: boolean
  /** Absent while the section is off or has no `auth_type`. */
  auth?: AuthPlugin
}

export interface LoadServiceUserOptions {
  /** Told once a section that is on but has no `auth_type`: requests then go out with the user's token alone. */
  warn?: (message: string) => void
  /** How the login of the service is kept. */
  login?: OwnLoginOptions
  /** For the session of a section with TLS options or a timeout of its own. */
  session?: SessionOptions
}

const loaded = new WeakMap<Config, Map<string, ServiceUserSection>>()

/**
 * Reads a `[service_user]` section; a second call for it gives the same plugin, hence the same login.
 *
 * With session options of its own (`cafile`, `insecure`, `timeout` …) it logs in by them; without, through the session
 * of the request in hand, as the original always does.
 *
 * @throws MissingRequiredOptions, OptionError, ConfigError: one of them, with all that is wrong of the section
 * @see nova.service_auth, which goes on with the user's token too
 */
export function loadServiceUser(
  conf: Config,
  group = 'service_user',
  options: LoadServiceUserOptions = {},
): ServiceUserSection {
  const sections = loaded.get(conf) ?? new Map<string, ServiceUserSection>()
  loaded.set(conf, sections)
  const section = sections.get(group) ?? read(conf, group, options)
  sections.set(group, section)
  return section
}

function read(conf: Config, group: string, options: LoadServiceUserOptions): ServiceUserSection {
  const { values, problems } = conf.tryRegister(group, serviceUserOptions)
  if (values.send_service_user_token === false) return { sendServiceUserToken: false }
  problems.push(...sessionProblems(conf, group))
  const auth = loadAuthFromConfOptions(conf, group, options.login, problems)
  if (problems.length > 0) throw new ConfigError(problems)
  if (!auth) {
    options.warn?.(
      `[${group}] send_service_user_token is on but auth_type is not set: service tokens are not sent`,
    )
    return { sendServiceUserToken: true }
  }
  const own = setsSessionOptions(conf, group)
    ? boundAuth(auth, loadSessionFromConfOptions(conf, group, options.session))
    : auth
  return { sendServiceUserToken: true, auth: own }
}

/**
 * The auth for a request to another service: the user's, with the service's own token beside it when the section is on.
 *
 * @see nova.service_auth.get_auth_plugin
 */
export function serviceUserAuth(section: ServiceUserSection, userAuth: AuthPlugin): AuthPlugin {
  if (!section.sendServiceUserToken || !section.auth) return userAuth
  return serviceTokenAuth({ user: userAuth, service: section.auth })
}
