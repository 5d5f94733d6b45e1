// What the sample file and the reference page say of an option.
import type { Option } from './options.ts'

/** The default as it would be written in a file; empty when there is none, or when it is a secret. */
export function defaultText({ settings }: Option<unknown>): string {
  return settings.secret ? '' : inFile(settings.default)
}

/** Type, and what a number counts: `integer, seconds`. */
export function typeText({ type, settings }: Option<unknown>): string {
  return settings.unit === undefined ? type : `${type}, ${settings.unit}`
}

/** Further facts, a short sentence each. */
export function factsOf({ settings }: Option<unknown>, group: string): string[] {
  const { required, min, max, choices, deprecatedNames = [], deprecatedForRemoval } = settings
  const older = deprecatedNames.map((name) => {
    const [section, option] = typeof name === 'string' ? [group, name] : name
    return `[${section}] ${option}`
  })
  return [
    ...(required ? ['Required.'] : []),
    ...(choices ? [`One of: ${choices.map(String).join(', ')}.`] : []),
    ...(min === undefined ? [] : [`At least ${min}.`]),
    ...(max === undefined ? [] : [`At most ${max}.`]),
    ...(older.length > 0 ? [`Older name: ${older.join(', ')}.`] : []),
    ...(deprecatedForRemoval === undefined ? [] : [`Deprecated: ${deprecatedForRemoval}.`]),
  ]
}

/** A value as it would be written in a file. */
export function inFile(value: unknown): string {
  if (Array.isArray(value)) return value.map(inFile).join(',')
  if (typeof value === 'object' && value !== null) {
    return inFile(Object.entries(value).map(([key, item]) => `${key}:${inFile(item)}`))
  }
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)
}
