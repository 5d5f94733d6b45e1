import {
  floatOption,
  integerListOption,
  integerOption,
  listOption,
  stringOption,
  type Config,
  type OptionTable,
  type Values,
} from '@longhaul/oslo-config'
import { Adapter, type AdapterOptions } from '../adapter.ts'
import { OptionError } from '../errors.ts'
import { rangeOf } from '../version-range.ts'

const text = (help: string) => stringOption({ help })

const growing = 'without a value half a second, doubled each time'

/** Options of a section that say which endpoint of a service to use. @see keystoneauth1.loading.adapter */
const adapterOptions = {
  service_type: text('Type of the service in the catalog.'),
  service_name: text('Name of the service in the catalog, where there are several of a type.'),
  valid_interfaces: listOption({ help: 'Interfaces in order of preference: public, internal, admin.' }),
  interface: stringOption({
    help: 'The one interface to use.',
    deprecatedForRemoval: 'use valid_interfaces',
  }),
  region_name: text('Region of the endpoint; without it, any.'),
  endpoint_override: text('URL to use in place of the one in the catalog; %(project_id)s is filled in.'),
  version: text('Version of the API, found by asking the service: this major one, at least this minor one.'),
  min_version: text('Lowest version of the API that will do; excludes version.'),
  max_version: text('Highest version of the API that will do, such as 2.latest; excludes version.'),
  connect_retries: integerOption({
    help: 'Further tries after a connection failed; without a value, none.',
    unit: 'tries',
    min: 0,
  }),
  connect_retry_delay: floatOption({
    help: `Pause before each of the connect_retries; ${growing}.`,
    unit: 'seconds',
    min: 0,
  }),
  status_code_retries: integerOption({
    help: 'Further tries after a status of retriable_status_codes; without a value, none.',
    unit: 'tries',
    min: 0,
  }),
  status_code_retry_delay: floatOption({
    help: `Pause before each of the status_code_retries; ${growing}.`,
    unit: 'seconds',
    min: 0,
  }),
  retriable_status_codes: integerListOption({
    help: 'HTTP statuses that are worth another try; by default 503.',
  }),
} satisfies OptionTable

const interfaces = ['public', 'internal', 'admin']

export function registerAdapterConfOptions(conf: Config, group: string): void {
  conf.register(group, adapterOptions)
}

/**
 * The adapter a section describes.
 *
 * @param own what the caller fixes or prefers; a value in the section wins
 * @throws OptionError for contradicting options
 * @see keystoneauth1.loading.load_adapter_from_conf_options
 */
export function loadAdapterFromConfOptions(conf: Config, group: string, own: AdapterOptions): Adapter {
  const values = conf.register(group, adapterOptions)
  checkVersions(values, group)
  const set = {
    serviceType: values.service_type,
    serviceName: values.service_name,
    validInterfaces: interfacesOf(values, group),
    regionName: values.region_name,
    endpointOverride: values.endpoint_override,
    version: values.version,
    minVersion: values.min_version,
    maxVersion: values.max_version,
    connectRetries: values.connect_retries,
    connectRetryDelay: values.connect_retry_delay,
    statusCodeRetries: values.status_code_retries,
    statusCodeRetryDelay: values.status_code_retry_delay,
    retriableStatusCodes: values.retriable_status_codes,
  }
  return new Adapter({
    ...own,
    ...Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined)),
  })
}

function checkVersions(values: Values<typeof adapterOptions>, group: string): void {
  const { version, min_version: minVersion, max_version: maxVersion } = values
  const filter = Object.entries({ version, minVersion, maxVersion }).filter(([, text]) => text !== undefined)
  try {
    rangeOf(Object.fromEntries(filter), values.service_type)
  } catch (error) {
    if (error instanceof OptionError) throw new OptionError(`[${group}] ${error.message}`)
    throw error
  }
}

function interfacesOf(values: Values<typeof adapterOptions>, group: string): string[] | undefined {
  if (values.interface !== undefined && values.valid_interfaces !== undefined) {
    throw new OptionError(`[${group}] interface and valid_interfaces exclude each other`)
  }
  const valid = values.valid_interfaces ?? (values.interface === undefined ? undefined : [values.interface])
  const unknown = valid?.filter((name) => !interfaces.includes(name.replace(/URL$/, ''))) ?? []
  if (unknown.length === 0) return valid
  throw new OptionError(`[${group}] valid_interfaces: ${unknown.join(', ')} not in ${interfaces.join(', ')}`)
}
