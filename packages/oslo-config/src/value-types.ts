import { isIP } from 'node:net'

interface Bounds {
  choices?: readonly unknown[]
  ignoreCase?: boolean
  min?: number
  max?: number
}

/** Checks choices and bounds. */
export function within<T>(value: T, bounds: Bounds): T {
  if (bounds.choices) {
    const fold = (text: unknown) =>
      bounds.ignoreCase && typeof text === 'string' ? text.toLowerCase() : text
    const choice = bounds.choices.find((allowed) => fold(allowed) === fold(value))
    if (choice === undefined) throw new Error(`must be one of ${bounds.choices.join(', ')}`)
    return choice as T
  }
  if (typeof value === 'number') {
    if (bounds.min !== undefined && value < bounds.min) throw new Error(`must be at least ${bounds.min}`)
    if (bounds.max !== undefined && value > bounds.max) throw new Error(`must be at most ${bounds.max}`)
  }
  return value
}

export function integer(text: string): number {
  const value = Number(text)
  if (!/^[+-]?\d+$/.test(text.trim()) || !Number.isSafeInteger(value))
    throw new Error('must be a whole number')
  return value
}

export function float(text: string): number {
  const value = Number(text)
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) || !Number.isFinite(value)) {
    throw new Error('must be a number')
  }
  return value
}

const truth = new Map<string, boolean>([
  ...['true', '1', 'yes', 'on', 't', 'y'].map((word): [string, boolean] => [word, true]),
  ...['false', '0', 'no', 'off', 'f', 'n'].map((word): [string, boolean] => [word, false]),
])

export function boolean(text: string): boolean {
  const value = truth.get(text.trim().toLowerCase())
  if (value === undefined) throw new Error('must be true or false (also 1/0, yes/no, on/off)')
  return value
}

/** Quotes count only around a whole item: an apostrophe inside one is a letter. */
export function list(text: string): string[] {
  const found: string[] = []
  const item = /\s*(?:"([^"]*)"|'([^']*)'|([^,\n"'][^,\n]*)|(["'])|)\s*(?:[,\n]|$)/y
  while (item.lastIndex < text.length) {
    const match = item.exec(text)
    if (!match || match[4]) throw new Error('has an item with a quote at one end only')
    const value = match[1] ?? match[2] ?? match[3]?.trimEnd() ?? ''
    if (value !== '') found.push(value)
  }
  return found
}

export function integerList(text: string): number[] {
  return list(text).map(integer)
}

export function dict(text: string): Record<string, string> {
  const pairs = list(text).map((pair): [string, string] => {
    const split = pair.indexOf(':')
    if (split <= 0) throw new Error('must be key:value pairs separated by commas')
    return [pair.slice(0, split).trim(), pair.slice(split + 1).trim()]
  })
  const value = Object.fromEntries(pairs)
  if (Object.keys(value).length !== pairs.length) throw new Error('names a key twice')
  return value
}

export function port(text: string): number {
  return within(integer(text), { min: 0, max: 65535 })
}

const hostName =
  /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*\.?$/

export function host(text: string): string {
  const name = isHostname(text) ? text : address(text)
  if (name === undefined) throw new Error('must be a host name or an IP address')
  return name
}

export function hostname(text: string): string {
  if (!isHostname(text)) throw new Error('must be a host name')
  return text
}

export function ipAddress(text: string): string {
  const found = address(text)
  if (found === undefined) throw new Error('must be an IP address')
  return found
}

// Digits and dots alone are a mistyped address.
function isHostname(text: string): boolean {
  return hostName.test(text) && !/^[\d.]+$/.test(text)
}

function address(text: string): string | undefined {
  const bare = /^\[(.*:.*)\]$/.exec(text)?.[1] ?? text
  return isIP(bare) === 0 ? undefined : bare
}

export function uri(text: string): string {
  // Without the slashes, `host:5000` would be a URI of the scheme `host`.
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]/.test(text) || !URL.canParse(text))
    throw new Error('must be an absolute URI such as http://host:port/path')
  return text
}
