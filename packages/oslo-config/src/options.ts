import * as parse from './value-types.ts'

/** What every option says of itself; the sample file and the reference page are made from it. */
export interface OptionSettings<T> {
  /** One or two sentences for the operator. */
  help: string
  /** What a number counts, in the plural: `seconds`, `bytes`, `MiB`, `images`. */
  unit?: string
  default?: T
  /** Without a value in any file it is an error. */
  required?: boolean
  /** The value never appears in an error, a log or the output of `registered()`. */
  secret?: boolean
  /** Read again at SIGHUP, see `Config.reload`. */
  mutable?: boolean
  choices?: readonly T[]
  /** Choices of a string are found in any case; the value is the choice as it stands in `choices`. */
  ignoreCase?: boolean
  /** Inclusive; numbers only. */
  min?: number
  /** Inclusive; numbers only. */
  max?: number
  /** Older spellings still understood, in this group or as `[group, name]`. */
  deprecatedNames?: readonly (string | readonly [group: string, name: string])[]
  /** Why it goes away; a set value leads to a warning. */
  deprecatedForRemoval?: string
}

/** An option: its settings and the way from its text to its value. */
export interface Option<T> {
  readonly settings: OptionSettings<unknown>
  /** Name of the type for documentation, such as `integer`. */
  readonly type: string
  /** Every repetition counts, not only the last. */
  readonly multiple: boolean
  /** The text is a list, whose items may have quotes of their own. */
  readonly itemised?: boolean
  /** An option written without a value is as good as not set. */
  readonly blankIsUnset?: boolean
  /** @throws Error whose message says what is allowed, without the value */
  parse(texts: readonly string[]): T
}

type Sure<T> = OptionSettings<T> & ({ default: T } | { required: true })
interface Factory<T> {
  (settings: Sure<T>): Option<T>
  (settings: OptionSettings<T>): Option<T | undefined>
}

type Traits = Pick<Option<unknown>, 'itemised' | 'blankIsUnset'>

function factory<T>(type: string, one: (text: string) => T, traits: Traits = {}): Factory<T> {
  const make = (settings: OptionSettings<T>): Option<T> => ({
    settings,
    type,
    multiple: false,
    ...traits,
    parse: (texts) => parse.within(one(texts.at(-1) ?? ''), settings),
  })
  return make
}

const number: Traits = { blankIsUnset: true }
const items: Traits = { itemised: true }

/** Any text. With `choices`, one of them. */
export const stringOption: Factory<string> = factory('string', (text) => text)
/** A whole number, decimal. Written without a value it is not set; so are the other numbers. */
export const integerOption: Factory<number> = factory('integer', parse.integer, number)
/** A number. */
export const floatOption: Factory<number> = factory('float', parse.float, number)
/** true, 1, yes, on, t, y or false, 0, no, off, f, n in any case. */
export const booleanOption: Factory<boolean> = factory('boolean', parse.boolean)
/** Values separated by commas, empty ones left out; one that holds a comma is put in quotes. */
export const listOption: Factory<string[]> = factory('list', parse.list, items)
/** Whole numbers separated by commas. */
export const integerListOption: Factory<number[]> = factory('list of integers', parse.integerList, items)
/** `key:value` pairs separated by commas. */
export const dictOption: Factory<Record<string, string>> = factory('dict', parse.dict, items)
/** A TCP port, 0 to 65535. */
export const portOption: Factory<number> = factory('port', parse.port, number)
/** A host name or an IP address. */
export const hostOption: Factory<string> = factory('host', parse.host)
/** A host name, not an address. */
export const hostnameOption: Factory<string> = factory('host name', parse.hostname)
/** An IPv4 or IPv6 address; the latter with or without brackets, which the value does not have. */
export const ipAddressOption: Factory<string> = factory('IP address', parse.ipAddress)
/** A URI with scheme and host. */
export const uriOption: Factory<string> = factory('uri', parse.uri)

/** An option that may be repeated; its value is the list of all repetitions. */
export function multiStringOption(settings: OptionSettings<string[]>): Option<string[]> {
  return {
    settings: { default: [], ...settings },
    type: 'string (may be repeated)',
    multiple: true,
    parse: (texts) => [...texts],
  }
}

/** The options of one group, by name. */
export type OptionTable = Record<string, Option<unknown>>

/** The values of a table, each with its option's type. */
export type Values<T extends OptionTable> = {
  readonly [K in keyof T]: T[K] extends Option<infer V> ? V : never
}
