import {
  booleanOption,
  floatOption,
  integerOption,
  multiStringOption,
  stringOption,
  type Option,
} from '@longhaul/oslo-config'
import { OptionError } from '../../errors.ts'
import { aliasesOf, officialType } from '../../service-types.ts'
import { filledIn, isSettings, type Setting, type Settings } from './settings.ts'

// Not listed on any page by themselves: what they mean is the same as in openstacksdk.
const help = ''
const text = stringOption({ help })
const tries = integerOption({ help, min: 0 })

/** How all services of a cloud are reached. */
export const sessionOptions = {
  cacert: text,
  cert: text,
  key: text,
  insecure: booleanOption({ help, default: false }),
  verify: booleanOption({ help, default: true }),
  api_timeout: floatOption({ help, min: 0 }),
  timing: booleanOption({ help, default: false }),
}

/** What is said of one service, written with its type in front. */
const serviceOptions = {
  service_type: text,
  service_name: text,
  interface: multiStringOption({ help }),
  region_name: text,
  endpoint_override: text,
  endpoint: text,
  api_version: text,
  default_microversion: text,
  connect_retries: tries,
  status_code_retries: tries,
}

/** Said of every service alike, or in a mapping of each. */
const limitOptions = {
  rate_limit: floatOption({ help, min: 0 }),
  concurrency: integerOption({ help, min: 1 }),
}

const limits = new Map<string, Option<unknown>>(Object.entries(limitOptions))
const single: readonly [string, Option<unknown>][] = Object.entries({ ...sessionOptions, ...limitOptions })

type ValueOf<O> = O extends Option<infer V> ? V : never
type ServiceOption = keyof typeof serviceOptions

/** @see openstacksdk, config.cloud_region.CloudRegion._get_config: what is read without a type in front too */
const forEveryService: readonly string[] = [
  'interface',
  'region_name',
  'connect_retries',
  'status_code_retries',
] satisfies ServiceOption[]

/** @throws OptionError */
export function sessionValue<K extends keyof typeof sessionOptions>(
  cloud: Settings,
  name: K,
): ValueOf<(typeof sessionOptions)[K]> {
  return read(cloud, name, sessionOptions[name]) as ValueOf<(typeof sessionOptions)[K]>
}

/**
 * What a cloud says of a service: under its type, else under another name of that, else of every service.
 *
 * @throws OptionError
 */
export function serviceValue<K extends ServiceOption>(
  cloud: Settings,
  serviceType: string,
  name: K,
): ValueOf<(typeof serviceOptions)[K]> | undefined {
  const own = namesOf(serviceType).map((type) => `${type}_${name}`)
  const found = [...own, ...(forEveryService.includes(name) ? [name] : [])].find((key) => isSet(cloud[key]))
  return found === undefined
    ? undefined
    : (read(cloud, found, serviceOptions[name]) as ValueOf<(typeof serviceOptions)[K]>)
}

/** @throws OptionError */
export function limitValue(
  cloud: Settings,
  serviceType: string,
  name: keyof typeof limitOptions,
): number | undefined {
  const setting = cloud[name]
  if (!isSettings(setting)) return read(cloud, name, limitOptions[name]) as number | undefined
  const type = namesOf(serviceType).find((each) => isSet(setting[each]))
  if (type === undefined) return undefined
  return read(setting, type, limitOptions[name], `${name}.${type}`) as number | undefined
}

/** `compute_api_version: 2.53` asks for a microversion; of `3` or `3.0` only the number of the API is meant. */
export function impliedMicroversion(version: string | undefined): string | undefined {
  return /^\d+\.[1-9]\d*$/.test(version ?? '') ? version : undefined
}

/** Sentences on what is none of its type or contradicts itself, without the values. */
export function cloudFaults(cloud: Settings): string[] {
  return Object.keys(cloud).flatMap((key) => {
    try {
      check(cloud, key)
      return []
    } catch (error) {
      return [(error as OptionError).message]
    }
  })
}

function check(cloud: Settings, key: string): void {
  const setting = cloud[key]
  const limit = limits.get(key)
  if (limit && isSettings(setting)) {
    for (const type of Object.keys(setting)) read(setting, type, limit, `${key}.${type}`)
    return
  }
  for (const [name, option] of single) if (key === name) read(cloud, key, option)
  for (const [name, option] of Object.entries(serviceOptions))
    if (key === name || key.endsWith(`_${name}`)) read(cloud, key, option)
  const [, type] = /^(.+)_default_microversion$/.exec(key) ?? []
  if (type === undefined) return
  const implied = impliedMicroversion(serviceValue(cloud, type.replaceAll('_', '-'), 'api_version'))
  if (implied !== undefined && implied !== cloud[key])
    throw new OptionError(`${key}: the api_version of the service names another microversion`)
}

/** A service's type and its other names, as they stand in front of an option. */
function namesOf(serviceType: string): string[] {
  return aliasesOf(officialType(serviceType)).map((type) => type.replaceAll('-', '_'))
}

function isSet(setting: Setting | undefined): boolean {
  return (
    setting !== undefined && setting !== null && setting !== '' && !(isList(setting) && setting.length === 0)
  )
}

function isList(setting: Setting | undefined): setting is readonly Setting[] {
  return Array.isArray(setting)
}

function read(cloud: Settings, key: string, option: Option<unknown>, name = key): unknown {
  const setting = Object.hasOwn(cloud, key) ? cloud[key] : undefined
  if (!isSet(setting)) return option.settings.default
  const texts = option.multiple && isList(setting) ? setting : [setting]
  if (!texts.every((each) => typeof each === 'string' && each !== '')) {
    throw new OptionError(`${name}: must be ${option.multiple ? 'a text or a list of texts' : 'a text'}`)
  }
  try {
    return option.parse(texts.map((each) => filledIn(each as string, cloud)))
  } catch (error) {
    throw new OptionError(`${name}: ${(error as Error).message}`)
  }
}
