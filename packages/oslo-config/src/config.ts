import { ConfigError, type ConfigProblem } from './errors.ts'
import { groupName, optionName, type IniEntry } from './ini.ts'
import { interpolate, InterpolationError } from './interpolate.ts'
import type { Option, OptionTable, Values } from './options.ts'
import { readTexts, Source, type SourceText } from './source.ts'

// A chain of references longer than this is taken for a circle.
const maxDepth = 16

interface RegisteredGroup {
  group: string
  table: OptionTable
  options: Map<string, Option<unknown>>
}

/**
 * The parsed files of one process and the options that were registered on them.
 *
 * Groups are found in any case, options with `-` or `_`. A reference (`$name`, `${group.name}`) is resolved when its
 * option is registered: it sees the files, and the defaults of what was registered until then or together with it.
 */
export class Config {
  readonly #source: Source
  readonly #groups = new Map<string, RegisteredGroup>()
  readonly #warnings = new Set<string>()

  private constructor(texts: readonly SourceText[]) {
    this.#source = new Source(texts)
  }

  /**
   * Reads files, or directories (their `*.conf`, sorted). A later file wins over an earlier one; of an option that may be
   * repeated, the values of all files count.
   *
   * @throws ConfigError for files that cannot be read or parsed
   */
  static read(paths: readonly string[]): Config {
    return new Config(readTexts(paths))
  }

  /** A configuration from text, for tests and for values made by a program. */
  static parse(text: string, name = 'inline'): Config {
    return new Config([{ name, text }])
  }

  /** Sentences for the log: older names in use, options that will go away. */
  get warnings(): readonly string[] {
    return [...this.#warnings]
  }

  /** Names of the sections that set at least one option, as first written. */
  sections(): string[] {
    return this.#source.sections
  }

  /** Whether a file sets the option (under this very name). */
  has(group: string, name: string): boolean {
    return this.#source.find(group, name).length > 0
  }

  /** `file:line` of the setting that counts, also under an older name if the option is registered, or `default`. */
  where(group: string, name: string): string {
    const entry = this.#source.find(group, name, this.#registered(group, name)).at(-1)
    return entry ? placeOf(entry) : 'default'
  }

  /** The tables registered so far, for documentation. */
  *registered(): Iterable<{ group: string; table: OptionTable }> {
    for (const { group, table } of this.#groups.values()) yield { group, table }
  }

  /**
   * Declares the options of a group and gives their values. May be called again for the same group; tables add up.
   *
   * @throws ConfigError with every problem of the table
   */
  register<T extends OptionTable>(group: string, table: T): Values<T> {
    const known = this.#groups.get(groupName(group)) ?? { group, table: {}, options: new Map() }
    known.table = { ...known.table, ...table }
    for (const [name, option] of Object.entries(table)) known.options.set(optionName(name), option)
    this.#groups.set(groupName(group), known)

    const problems: ConfigProblem[] = []
    const values: Record<string, unknown> = {}
    for (const [name, option] of Object.entries(table)) {
      const entries = this.#source.find(group, name, option)
      this.#warn(group, name, option, entries)
      try {
        values[name] = this.#value(group, option, entries)
      } catch (error) {
        const entry = entries.at(-1)
        const place = entry && { file: entry.file, line: entry.line }
        problems.push({ ...place, group, option: name, message: messageOf(error, option) })
      }
    }
    if (problems.length > 0) throw new ConfigError(problems)
    return values as Values<T>
  }

  #registered(group: string, name: string): Option<unknown> | undefined {
    return this.#groups.get(groupName(group))?.options.get(optionName(name))
  }

  #value(group: string, option: Option<unknown>, entries: readonly IniEntry[]): unknown {
    const { settings } = option
    const texts = entries.map((entry) => this.#resolve(asWritten(entry, option), group, 0))
    if (texts.length > 0 && !(option.blankIsUnset && texts.at(-1) === '')) return option.parse(texts)
    if (settings.default === undefined && settings.required) {
      throw new Error(`is required and not set${settings.help ? ` (${settings.help})` : ''}`)
    }
    return this.#resolveDefault(settings.default, group)
  }

  #resolveDefault(value: unknown, group: string): unknown {
    if (typeof value === 'string') return this.#resolve(value, group, 0)
    if (Array.isArray(value)) return value.map((item: unknown) => this.#resolveDefault(item, group))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, this.#resolveDefault(item, group)]),
    )
  }

  #resolve(text: string, group: string, depth: number): string {
    if (depth > maxDepth) throw new InterpolationError('refers to itself through other options')
    return interpolate(text, (other, name) => {
      for (const candidate of other === undefined ? [group, 'DEFAULT'] : [other]) {
        const found = this.#textOf(candidate, name, depth + 1)
        if (found !== undefined) return found
      }
      return undefined
    })
  }

  // What a reference stands for; empty for a registered option without a value, undefined for an unknown one.
  #textOf(group: string, name: string, depth: number): string | undefined {
    const option = this.#registered(group, name)
    const entry = this.#source.find(group, name, option).at(-1)
    if (entry) return this.#resolve(entry.value, group, depth)
    if (!option) return undefined
    return this.#resolve(inFile(option.settings.default), group, depth)
  }

  #warn(group: string, name: string, option: Option<unknown>, entries: readonly IniEntry[]): void {
    for (const entry of entries) {
      const own = groupName(entry.group) === groupName(group) && entry.name === optionName(name)
      if (!own) {
        const message = `[${entry.group}] ${entry.name} is deprecated, write [${group}] ${name}`
        this.#warnings.add(`${placeOf(entry)}: ${message}`)
      }
      const reason = option.settings.deprecatedForRemoval
      if (reason !== undefined) {
        const message = `[${group}] ${name} is deprecated and will be removed: ${reason}`
        this.#warnings.add(`${placeOf(entry)}: ${message}`)
      }
    }
  }
}

// A default as it would be written in a file.
function inFile(value: unknown): string {
  if (Array.isArray(value)) return value.map(inFile).join(',')
  if (typeof value === 'object' && value !== null) {
    return inFile(Object.entries(value).map(([key, item]) => `${key}:${inFile(item)}`))
  }
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)
}

function placeOf(entry: IniEntry): string {
  return `${entry.file}:${entry.line}`
}

// Of `"a","b"` the outer quotes are the first item's and the last one's.
function asWritten({ value, quote }: IniEntry, option: Option<unknown>): string {
  return option.itemised && quote && value.includes(quote) ? `${quote}${value}${quote}` : value
}

function messageOf(error: unknown, option: Option<unknown>): string {
  if (option.settings.secret && error instanceof InterpolationError) {
    return 'has a $ that refers to no option; write $$ for a dollar sign'
  }
  return (error as Error).message
}
