import {
  loadAdapterFromConfOptions,
  loadAuthFromConfOptions,
  loadSessionFromConfOptions,
  registerAdapterConfOptions,
  registerAuthConfOptions,
  registerAuthPluginConfOptions,
  registerSessionConfOptions,
  type Adapter,
} from '@longhaul/keystoneauth'
import type { Config } from '@longhaul/oslo-config'

/** A client of another service with the process's own credentials. */
export interface ServiceClient {
  adapter: Adapter
  close(): Promise<void>
}

/** Sections that say how a process reaches another, and what that is in the catalog. */
const serviceTypes = { nova: 'compute', neutron: 'network' } as const

type Section = keyof typeof serviceTypes

/** Declares all that a section of {@link clientFromConfig} may say, for its documentation. */
export function registerClientOptions(conf: Config, section: Section): void {
  registerAuthConfOptions(conf, section)
  registerAuthPluginConfOptions(conf, section)
  registerSessionConfOptions(conf, section)
  registerAdapterConfOptions(conf, section)
}

/**
 * Reads `[nova]` or `[neutron]`; undefined without credentials there.
 *
 * @param userAgent name of the process
 * @throws ConfigError, OptionError, MissingRequiredOptions
 */
export function clientFromConfig(
  conf: Config,
  section: Section,
  userAgent: string,
): ServiceClient | undefined {
  const auth = loadAuthFromConfOptions(conf, section)
  if (!auth) return undefined
  const session = loadSessionFromConfOptions(conf, section, { userAgent })
  const adapter = loadAdapterFromConfOptions(conf, section, {
    session,
    auth,
    serviceType: serviceTypes[section],
  })
  return { adapter, close: () => session.close() }
}
