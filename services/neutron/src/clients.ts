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

/** A client of nova with neutron's own credentials. */
export interface NovaClient {
  adapter: Adapter
  close(): Promise<void>
}

/** Declares all that `[nova]` may say, for its documentation. */
export function registerNovaOptions(conf: Config): void {
  registerAuthConfOptions(conf, 'nova')
  registerAuthPluginConfOptions(conf, 'nova')
  registerSessionConfOptions(conf, 'nova')
  registerAdapterConfOptions(conf, 'nova')
}

/** Reads `[nova]`; undefined without credentials there. @throws ConfigError, OptionError, MissingRequiredOptions */
export function novaFromConfig(conf: Config): NovaClient | undefined {
  const auth = loadAuthFromConfOptions(conf, 'nova')
  if (!auth) return undefined
  const session = loadSessionFromConfOptions(conf, 'nova', { userAgent: 'neutron-server' })
  const adapter = loadAdapterFromConfOptions(conf, 'nova', { session, auth, serviceType: 'compute' })
  return { adapter, close: () => session.close() }
}
