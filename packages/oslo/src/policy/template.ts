import { PolicyError } from './policy-error.ts'

/** The right side of a check: text with names of the target in it. */
export interface Template {
  /** The side without names, or undefined if it has any. */
  constant: string | undefined
  /** The text for a target; undefined if a name has no value there. */
  fill(target: Record<string, unknown>): string | undefined
}

const placeholder = /%(?:\(([^()]+)\)s|(%)|)/g

/**
 * Reads `text %(name)s`; `%%` stands for one `%`.
 *
 * @throws PolicyError `policy_invalid` for another use of `%`
 */
export function parseTemplate(source: string): Template {
  const parts: { text: string; name?: string }[] = []
  let at = 0
  for (const found of source.matchAll(placeholder)) {
    const [whole, name, percent] = found
    if (name === undefined && percent === undefined)
      throw new PolicyError(`'${source}': % is followed by neither (name)s nor %`)
    const text = source.slice(at, found.index) + (percent ?? '')
    parts.push(name === undefined ? { text } : { text, name })
    at = found.index + whole.length
  }
  const rest = source.slice(at)
  if (parts.every((part) => part.name === undefined)) {
    const constant = parts.map((part) => part.text).join('') + rest
    return { constant, fill: () => constant }
  }
  return {
    constant: undefined,
    fill(target) {
      let filled = ''
      for (const { text, name } of parts) {
        filled += text
        if (name === undefined) continue
        const value = asText(valueAt(target, name))
        if (value === undefined) return undefined
        filled += value
      }
      return filled + rest
    },
  }
}

/** The target's own key of that name (`target.user.id` as one key), or else the path through nested objects. */
function valueAt(target: Record<string, unknown>, name: string): unknown {
  if (Object.hasOwn(target, name)) return target[name]
  let value: unknown = target
  for (const key of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}

/** A value as Python writes it, which is what rules compare with: True, False, None. Objects and lists equal nothing. */
export function asText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
    case 'bigint':
      return String(value)
    case 'boolean':
      return value ? 'True' : 'False'
    default:
      return value === null ? 'None' : undefined
  }
}
