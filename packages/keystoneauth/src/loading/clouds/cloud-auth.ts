import type { Option } from '@longhaul/oslo-config'
import type { AuthPlugin } from '../../plugin.ts'
import type { AuthValues } from '../auth-rules.ts'
import type { OwnLoginOptions } from '../auth-types.ts'
import { authTypeOf, createAuth } from '../create-auth.ts'
import { cloudFaults } from './cloud-options.ts'
import { environmentName } from './environment.ts'
import { isSettings, textOf, type Settings } from './settings.ts'

/** Where the settings of a cloud were read. */
export interface CloudPlace {
  /** `clouds.mycloud`, or the environment. */
  name: string
  /** Files that describe it; none: the environment does. */
  files: readonly string[]
  /** Whether the environment describes it. */
  environment: boolean
}

// What people write for no Keystone, and for a token with its endpoint.
const otherNames = new Map([
  ['None', 'none'],
  ['', 'none'],
  ['token_endpoint', 'admin_token'],
])

/**
 * The plugin of a cloud.
 *
 * @throws MissingRequiredOptions, OptionError: one of them, with all that is wrong of the cloud and where it was looked for
 */
export function cloudAuth(cloud: Settings, place: CloudPlace, own?: OwnLoginOptions): AuthPlugin {
  const { auth_type: written } = cloud
  const auth = isSettings(cloud['auth']) ? cloud['auth'] : {}
  const name = typeof written === 'string' ? (otherNames.get(written) ?? written) : usual(auth)
  const origin = place.environment ? 'environment' : place.files.join(', ')
  const chosenBy = `${origin}: ${place.name}: auth_type = ${name}${written === undefined ? ' (by default)' : ''}`
  const faults = typeof (written ?? '') === 'string' ? [] : ['auth_type: must be a text']
  const invalid = [...faults, ...cloudFaults(cloud)].map((fault) => `${place.name}: ${fault}`)
  const type = authTypeOf(name, chosenBy, invalid)
  const values: Record<string, string | undefined> = {}
  for (const [option, described] of Object.entries(type.options)) {
    try {
      const text = [option, ...olderNames(described)]
        .map((each) => optionText(auth, each) ?? optionText(cloud, each))
        .find((found) => found !== undefined)
      values[option] = valueOf(described, text)
    } catch (error) {
      values[option] = 'invalid'
      invalid.push(`${place.name}: ${option}: ${(error as Error).message}`)
    }
  }
  const found = {
    values: values satisfies AuthValues,
    invalid,
    chosenBy,
    placesOf: (option: string) => placesOf(place, option, olderNames(type.options[option])),
  }
  return createAuth(type, found, own)
}

// As the command line does: a token without a password is meant to be used.
function usual(auth: Settings): string {
  return textOf(auth, 'token') && !textOf(auth, 'password') ? 'token' : 'password'
}

function valueOf(option: Option<unknown>, text: string | undefined): string | undefined {
  return (text === undefined ? option.settings.default : option.parse([text])) as string | undefined
}

/** `auth_methods` may be a list. @throws Error for what is no text */
function optionText(settings: Settings, name: string): string | undefined {
  const value = Object.hasOwn(settings, name) ? settings[name] : undefined
  if (name === 'auth_methods' && Array.isArray(value)) return value.join(',')
  if (typeof value === 'object' && value !== null) throw new Error('must be a text')
  return value === null || value === '' ? undefined : value
}

function olderNames(option: Option<unknown> | undefined): string[] {
  return (option?.settings.deprecatedNames ?? []).filter((name) => typeof name === 'string')
}

function placesOf(place: CloudPlace, option: string, older: readonly string[]): string[] {
  const names = [option, ...older]
  if (place.environment) return names.map(environmentName)
  return place.files.flatMap((file) => names.map((name) => `${place.name}.auth.${name} in ${file}`))
}
