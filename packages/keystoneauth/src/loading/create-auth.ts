import { ClientException, MissingRequiredOptions, NoMatchingPlugin, OptionError } from '../errors.ts'
import type { AuthPlugin } from '../plugin.ts'
import type { AuthValues } from './auth-rules.ts'
import { authTypes, type AuthType, type OwnLoginOptions } from './auth-types.ts'

/** Options of an auth plugin, and where they came from. */
export interface FoundOptions {
  values: AuthValues
  /** Sentences on values that are none of their type, without the values. */
  invalid?: readonly string[]
  /** What chose the type, such as `nova.conf:2: [nova] auth_type = password`. */
  chosenBy: string
  /** Everywhere an option was looked for. */
  placesOf(name: string): readonly string[]
}

/**
 * The auth type of a name.
 *
 * @param place what chose it, for the error
 * @param wrong sentences on what is wrong beside, for the error
 * @throws NoMatchingPlugin
 */
export function authTypeOf(name: string, place: string, wrong: readonly string[] = []): AuthType {
  const type = Object.hasOwn(authTypes, name) ? authTypes[name] : undefined
  if (type) return type
  const known = `${place} is not known; known are ${Object.keys(authTypes).join(', ')}`
  throw new NoMatchingPlugin([known, ...wrong].join('; '))
}

/**
 * The plugin of a type, with all that is wrong in one error.
 *
 * @throws MissingRequiredOptions when something has to be set beside all else; OptionError
 */
export function createAuth(type: AuthType, found: FoundOptions, own?: OwnLoginOptions): AuthPlugin {
  const { missing, contradictions } = type.faults(found.values)
  const { invalid = [], chosenBy } = found
  // What is set to something wrong is not missing as well.
  const wrong = [...invalid, ...contradictions]
  if (missing.length > 0) {
    const lookedFor = new Map(missing.flat().map((name) => [name, found.placesOf(name)]))
    throw new MissingRequiredOptions(
      missing.map((names) => names.join(' or ')),
      chosenBy,
      { lookedFor, wrong },
    )
  }
  if (wrong.length > 0) throw new OptionError(`${chosenBy}: ${wrong.join('; ')}`)
  try {
    return type.create(found.values, own)
  } catch (error) {
    if (error instanceof ClientException) throw new OptionError(`${chosenBy}: ${error.message}`)
    throw error
  }
}
