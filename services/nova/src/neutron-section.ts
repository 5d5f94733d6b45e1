import {
  loadAdapterFromConfOptions,
  registerAdapterConfOptions,
  type Adapter,
  type Session,
} from '@longhaul/keystoneauth'
import { booleanOption, integerOption, type Config, type OptionTable } from '@longhaul/oslo-config'
import type { Caller } from './service-auth.ts'

/** What `[neutron]` says besides credentials, session and endpoint. @see openstack/nova nova/conf/neutron.py */
const neutronOptions = {
  http_retries: integerOption({
    help: 'Further tries after a connection failed, unless connect_retries says otherwise.',
    unit: 'tries',
    default: 3,
    min: 0,
  }),
  service_token_with_admin: booleanOption({
    help: "Whether requests with this section's credentials carry the service token too; Nova began with that in 2023.",
    default: true,
  }),
} satisfies OptionTable

export function registerNetworkOptions(conf: Config): void {
  conf.register('neutron', neutronOptions)
  registerAdapterConfOptions(conf, 'neutron')
}

/** Whether what nova does with its own credentials there carries the service token too. */
export function serviceTokenWithAdmin(conf: Config): boolean {
  return conf.register('neutron', neutronOptions).service_token_with_admin
}

/**
 * Reads which endpoint of the Networking service to use.
 *
 * @returns makes adapters for it
 * @throws ConfigError with all that is wrong of the section
 */
export function networkAdapters(conf: Config, session: Session): (caller: Caller) => Adapter {
  const { http_retries: connectRetries } = conf.register('neutron', neutronOptions)
  return (caller) =>
    loadAdapterFromConfOptions(conf, 'neutron', {
      session,
      serviceType: 'network',
      connectRetries,
      ...caller,
    })
}
