import { Adapter, OptionError, type Session } from '@longhaul/keystoneauth'
import { integerOption, stringOption, type Config, type OptionTable } from '@longhaul/oslo-config'
import type { Caller } from './service-auth.ts'
import { volumeMicroversion } from './cinder.ts'

/** Options of `[cinder]` that say which endpoint to use. @see openstack/nova nova/conf/cinder.py */
const cinderOptions = {
  catalog_info: stringOption({
    help: 'Which endpoint of the catalog to use, as type:name:interface; the name may be left out.',
    default: 'volumev3::publicURL',
  }),
  endpoint_template: stringOption({
    help: 'URL to use in place of the one in the catalog, such as http://localhost:8776/v3/%(project_id)s.',
  }),
  os_region_name: stringOption({ help: 'Region of the endpoint; without it, any.' }),
  http_retries: integerOption({
    help: 'Further tries after a connection failed.',
    unit: 'tries',
    default: 3,
    min: 0,
  }),
} satisfies OptionTable

export function registerVolumeOptions(conf: Config): void {
  conf.register('cinder', cinderOptions)
}

/**
 * Reads which endpoint of the Block Storage service to use.
 *
 * @returns makes adapters for it
 * @throws OptionError
 */
export function volumeAdapters(conf: Config, session: Session): (caller: Caller) => Adapter {
  const values = conf.register('cinder', cinderOptions)
  const [serviceType = '', serviceName = '', side = '', ...more] = values.catalog_info.split(':')
  if (serviceType === '' || side === '' || more.length > 0) {
    throw new OptionError(`[cinder] catalog_info: ${values.catalog_info} is not type:name:interface`)
  }
  return (caller) =>
    new Adapter({
      session,
      ...caller,
      serviceType,
      interface: side,
      defaultMicroversion: volumeMicroversion,
      connectRetries: values.http_retries,
      ...(serviceName === '' ? {} : { serviceName }),
      ...(values.os_region_name === undefined ? {} : { regionName: values.os_region_name }),
      ...(values.endpoint_template === undefined ? {} : { endpointOverride: values.endpoint_template }),
    })
}
