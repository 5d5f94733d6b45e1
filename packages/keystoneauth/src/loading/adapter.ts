import {
  ConfigError,
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
import { parseVersion, rangeOf } from '../version-range.ts'
import { withOlderNames, type DeprecatedOpts } from './deprecated-opts.ts'

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

type AdapterValues = Partial<Values<typeof adapterOptions>>

/**
 * Declares the options of an adapter in a group.
 *
 * @param deprecatedOpts older names that a service still accepts, also in other groups; a file that uses one is warned of
 * @see keystoneauth1.loading.register_adapter_conf_options
 */
export function registerAdapterConfOptions(
  conf: Config,
  group: string,
  deprecatedOpts: DeprecatedOpts<typeof adapterOptions> = {},
): void {
  conf.register(group, withOlderNames(adapterOptions, deprecatedOpts))
}

/**
 * The adapter a section describes.
 *
 * @param own what the caller fixes or prefers; a value in the section wins
 * @throws ConfigError with every option that is wrong or contradicts another, section and file
 * @see keystoneauth1.loading.load_adapter_from_conf_options
 */
export function loadAdapterFromConfOptions(conf: Config, group: string, own: AdapterOptions): Adapter {
  const { values: written, problems } = conf.tryRegister(group, adapterOptions)
  // Written without a value is not set: it hides nothing that the caller says.
  const values: AdapterValues = Object.fromEntries(
    Object.entries(written).filter(([, value]) => isSet(value)),
  )
  const contradictions = [...versionFaults(values, own), ...interfaceFaults(values)]
  problems.push(...contradictions.map(([option, message]) => conf.problem(group, option, message)))
  if (problems.length > 0) throw new ConfigError(problems)
  const side = values.interface === undefined ? undefined : [values.interface]
  const set = {
    serviceType: values.service_type,
    serviceName: values.service_name,
    validInterfaces: values.valid_interfaces ?? side,
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

function isSet(value: unknown): boolean {
  return value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0)
}

type Fault = readonly [option: keyof typeof adapterOptions, message: string]

function versionFaults(values: AdapterValues, own: AdapterOptions): Fault[] {
  const names = (['version', 'min_version', 'max_version'] as const).filter((name) => values[name])
  const malformed = names.flatMap((name) => {
    const message = faultOf(() => parseVersion(values[name]!))
    return message === undefined ? [] : [[name, message] as const]
  })
  const [first] = names
  if (first === undefined) return []
  const filter = {
    version: values.version ?? own.version ?? '',
    minVersion: values.min_version ?? own.minVersion ?? '',
    maxVersion: values.max_version ?? own.maxVersion ?? '',
  }
  if (filter.version && (filter.minVersion || filter.maxVersion))
    return [...malformed, [first, 'version excludes min_version and max_version']]
  // What the caller writes is no fault of the section.
  const ofCaller = [own.version, own.minVersion, own.maxVersion].filter((text) => text !== undefined)
  if (malformed.length > 0 || ofCaller.some((text) => faultOf(() => parseVersion(text)))) return malformed
  const message = faultOf(() => rangeOf(filter, values.service_type ?? own.serviceType))
  return message === undefined ? [] : [[first, message]]
}

function interfaceFaults(values: AdapterValues): Fault[] {
  const both: Fault[] =
    values.interface !== undefined && values.valid_interfaces !== undefined
      ? [['interface', 'interface and valid_interfaces exclude each other']]
      : []
  const wrong = (['interface', 'valid_interfaces'] as const).flatMap((option): Fault[] => {
    const unknown = [values[option] ?? []]
      .flat()
      .filter((name) => !interfaces.includes(name.replace(/URL$/, '')))
    return unknown.length === 0 ? [] : [[option, `${unknown.join(', ')} not in ${interfaces.join(', ')}`]]
  })
  return [...both, ...wrong]
}

function faultOf(check: () => unknown): string | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    if (error instanceof OptionError) return error.message
    throw error
  }
}
