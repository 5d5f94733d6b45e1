// What the sample file and the reference page say of an option.
import type { Option } from './options.ts'

/** The default as it would be written in a file; empty when there is none. */
export function defaultText({ settings }: Option<unknown>): string {
  return inFile(settings.default)
}

/** Further facts, a short sentence each. */
export function factsOf({ settings }: Option<unknown>, group: string): string[] {
  const { required, min, max, choices, mutable, deprecatedNames = [], deprecatedForRemoval } = settings
  const older = deprecatedNames.map((name) => {
    const [section, option] = typeof name === 'string' ? [group, name] : name
    return `[${section}] ${option}`
  })
  return [
    ...(required ? ['Required.'] : []),
    ...(choices ? [`One of: ${choices.map(String).join(', ')}.`] : []),
    ...(min === undefined ? [] : [`At least ${min}.`]),
    ...(max === undefined ? [] : [`At most ${max}.`]),
    ...(mutable ? ['Read again at SIGHUP.'] : []),
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
