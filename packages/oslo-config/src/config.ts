import { isDeepStrictEqual } from 'node:util'
import { ConfigError, type ConfigProblem } from './errors.ts'
import { groupName, optionName, type IniEntry } from './ini.ts'
import { interpolate, InterpolationError } from './interpolate.ts'
import { inFile } from './option-text.ts'
import type { Option, OptionTable, Values } from './options.ts'
import type { OptionGroup } from './sample-file.ts'
import { readTexts, Source, type SourceText } from './source.ts'

// A chain of references longer than this is taken for a circle.
const maxDepth = 16

interface RegisteredGroup {
  group: string
  table: OptionTable
  options: Map<string, Option<unknown>>
}

/** What {@link Config.reload} found. Names are written `[group] option`. */
export interface Reloaded {
  /** Mutable options with another value now. */
  changed: string[]
  /** Options that the files set differently now, but that are only read when a process starts. */
  ignored: string[]
}

/**
 * The parsed files of one process and the options that were registered on them.
 *
 * Groups are found in any case, options with `-` or `_`. A reference (`$name`, `${group.name}`) is resolved when its
 * option is registered: it sees the files, and the defaults of what was registered until then or together with it.
 */
export class Config {
  #source: Source
  readonly #paths: readonly string[]
  readonly #groups = new Map<string, RegisteredGroup>()
  readonly #warnings = new Set<string>()
  /** Values of mutable options, by place. */
  #mutable = new Map<string, unknown>()

  /** Nothing is missing: the options are only to be listed. */
  readonly #lenient: boolean

  private constructor(
    texts: readonly SourceText[],
    how: { paths?: readonly string[]; lenient?: boolean } = {},
  ) {
    this.#source = new Source(texts)
    this.#paths = how.paths ?? []
    this.#lenient = how.lenient ?? false
  }

  /**
   * Reads files, or directories (their `*.conf`, sorted). A later file wins over an earlier one; of an option that may be
   * repeated, the values of all files count.
   *
   * @throws ConfigError for files that cannot be read or parsed
   */
  static read(paths: readonly string[]): Config {
    return new Config(readTexts(paths), { paths })
  }

  /** A configuration from text, for tests and for values made by a program. */
  static parse(text: string, name = 'inline'): Config {
    return new Config([{ name, text }])
  }

  /**
   * The options that a program declares, for its documentation. Values are the defaults; a required option has none.
   *
   * @param declare registers them, as the program does when it starts
   */
  static describe(declare: (conf: Config) => void): OptionGroup[] {
    const conf = new Config([], { lenient: true })
    declare(conf)
    return [...conf.registered()]
  }

  /** Sentences for the log: older names in use, options that will go away. */
  get warnings(): readonly string[] {
    return [...this.#warnings]
  }

  /** The files that were read, in the order in which they count; what came from text has the name it was given. */
  get files(): readonly string[] {
    return this.#source.names
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

  /**
   * A problem of an option, for a {@link ConfigError}: at the setting that counts, or with the files and older names under
   * which it was looked for.
   *
   * @param message what is wrong and what is allowed; never the value of a secret
   */
  problem(group: string, option: string, message: string): ConfigProblem {
    const registered = this.#registered(group, option)
    const entry = this.#source.find(group, option, registered).at(-1)
    if (entry) return { file: entry.file, line: entry.line, group, option, message }
    const older = (registered?.settings.deprecatedNames ?? []).map((name) =>
      typeof name === 'string' ? `[${group}] ${name}` : `[${name[0]}] ${name[1]}`,
    )
    const places = [this.files.join(', '), ...older.map((name) => `also as ${name}`)].filter(Boolean)
    const looked = this.files.length > 0 ? `; looked for in ${places.join(', ')}` : ''
    return { group, option, message: `${message}${looked}` }
  }

  /** The tables registered so far, for documentation. */
  *registered(): Iterable<OptionGroup> {
    for (const { group, table } of this.#groups.values()) yield { group, table }
  }

  /**
   * Declares the options of a group and gives their values. May be called again for the same group; tables add up, and so
   * do the older names of an option: a service may add its own to those of a library. The value of a mutable option is
   * always the present one: read it where it is needed, do not keep it.
   *
   * @throws ConfigError with every problem of the table
   */
  register<T extends OptionTable>(group: string, table: T): Values<T> {
    const { values, problems } = this.tryRegister(group, table)
    if (problems.length > 0) throw new ConfigError(problems)
    return values as Values<T>
  }

  /** As {@link Config.register}, for who looks for further problems and tells all at once: an option at fault has no value. */
  tryRegister<T extends OptionTable>(
    group: string,
    table: T,
  ): { values: Partial<Values<T>>; problems: ConfigProblem[] } {
    const known = this.#groups.get(groupName(group)) ?? { group, table: {}, options: new Map() }
    this.#groups.set(groupName(group), known)

    const problems: ConfigProblem[] = []
    const values: Record<string, unknown> = {}
    for (const [name, declared] of Object.entries(table)) {
      const option = withOlderNames(declared, known.options.get(optionName(name)))
      known.table = { ...known.table, [name]: option }
      known.options.set(optionName(name), option)
    }
    for (const name of Object.keys(table)) {
      const option = known.options.get(optionName(name))!
      const entries = this.#source.find(group, name, option)
      this.#warn(group, name, option, entries)
      try {
        this.#give(values, { group, name, option }, this.#value(group, option, entries))
      } catch (error) {
        problems.push(this.problem(group, name, messageOf(error, option)))
      }
    }
    return { values: values as Partial<Values<T>>, problems }
  }

  /**
   * Reads the files again. Mutable options take their new values, all of them or, if anything is wrong, none.
   *
   * @throws ConfigError with every problem; then the old values stay
   */
  reload(): Reloaded {
    const before = this.#source
    const source = new Source(readTexts(this.#paths))
    const found: Reloaded = { changed: [], ignored: [] }
    const problems: ConfigProblem[] = []
    const mutable = new Map(this.#mutable)
    this.#source = source
    for (const { group, table } of this.#groups.values()) {
      for (const [name, option] of Object.entries(table)) {
        const old = before.find(group, name, option).map((entry) => entry.value)
        const entries = source.find(group, name, option)
        if (
          isDeepStrictEqual(
            old,
            entries.map((entry) => entry.value),
          )
        )
          continue
        if (!option.settings.mutable) {
          found.ignored.push(`[${group}] ${name}`)
          continue
        }
        try {
          mutable.set(keyOf(group, name), this.#value(group, option, entries))
          found.changed.push(`[${group}] ${name}`)
        } catch (error) {
          problems.push(this.problem(group, name, messageOf(error, option)))
        }
      }
    }
    if (problems.length > 0) {
      this.#source = before
      throw new ConfigError(problems)
    }
    this.#mutable = mutable
    return found
  }

  #give(
    values: Record<string, unknown>,
    { group, name, option }: { group: string; name: string; option: Option<unknown> },
    value: unknown,
  ): void {
    if (!option.settings.mutable) {
      values[name] = value
      return
    }
    const key = keyOf(group, name)
    this.#mutable.set(key, value)
    Object.defineProperty(values, name, { get: () => this.#mutable.get(key), enumerable: true })
  }

  #registered(group: string, name: string): Option<unknown> | undefined {
    return this.#groups.get(groupName(group))?.options.get(optionName(name))
  }

  #value(group: string, option: Option<unknown>, entries: readonly IniEntry[]): unknown {
    const { settings } = option
    const texts = entries.map((entry) => this.#resolve(asWritten(entry, option), group, 0))
    if (texts.length > 0 && !(option.blankIsUnset && texts.at(-1) === '')) return option.parse(texts)
    if (settings.default === undefined && settings.required && !this.#lenient) {
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

function withOlderNames(option: Option<unknown>, known: Option<unknown> | undefined): Option<unknown> {
  const more = known?.settings.deprecatedNames ?? []
  const own = option.settings.deprecatedNames ?? []
  const all = [...own, ...more.filter((name) => !own.some((one) => isDeepStrictEqual(one, name)))]
  return all.length === own.length
    ? option
    : { ...option, settings: { ...option.settings, deprecatedNames: all } }
}

function keyOf(group: string, name: string): string {
  return `${groupName(group)}\n${optionName(name)}`
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
