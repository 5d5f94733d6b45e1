import {
  loadAdapterFromConfOptions,
  registerAdapterConfOptions,
  type Adapter,
  type Session,
} from '@longhaul/keystoneauth'
import { integerOption, type Config, type OptionTable } from '@longhaul/oslo-config'
import type { Caller } from './service-auth.ts'

/** What `[neutron]` says besides credentials, session and endpoint. @see openstack/nova nova/conf/neutron.py */
const neutronOptions = {
  http_retries: integerOption({
    help: 'Further tries after a connection failed, unless connect_retries says otherwise.',
    unit: 'tries',
    default: 3,
    min: 0,
  }),
} satisfies OptionTable

export function registerNetworkOptions(conf: Config): void {
  conf.register('neutron', neutronOptions)
  registerAdapterConfOptions(conf, 'neutron')
}

/**
 * Reads which endpoint of the Networking service to use.
 *
 * @returns makes adapters for it
 * @throws OptionError
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
