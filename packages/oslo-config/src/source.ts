import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, type ConfigProblem } from './errors.ts'
import { groupName, optionName, parseIni, type IniEntry } from './ini.ts'
import type { Option } from './options.ts'

/** A file's name and content. */
export interface SourceText {
  name: string
  text: string
}

/** What the files of one process say, file by file. */
export class Source {
  // The newest file first; in each, the repetitions of an option by its key.
  readonly #files: Map<string, IniEntry[]>[] = []
  readonly #sections = new Map<string, string>()
  /** Names of the files, in the order in which they were read. */
  readonly names: readonly string[]

  /** @throws ConfigError with every line at fault in every file */
  constructor(texts: readonly SourceText[]) {
    this.names = texts.map(({ name }) => name)
    const parsed = collect(texts, ({ name, text }) => parseIni(text, name))
    for (const entries of parsed) {
      for (const { group } of entries) {
        if (!this.#sections.has(groupName(group))) this.#sections.set(groupName(group), group)
      }
      this.#files.unshift(Map.groupBy(entries, (entry) => keyOf(entry.group, entry.name)))
    }
  }

  /** Names of the sections that set at least one option, as first written. */
  get sections(): string[] {
    return [...this.#sections.values()]
  }

  /**
   * What the files say of an option, under its name and its older ones. The last file counts, with its repetitions in
   * order; of an option that may be repeated, every file counts, the first one first.
   */
  find(group: string, name: string, option?: Option<unknown>): IniEntry[] {
    const older = (option?.settings.deprecatedNames ?? []).map((old) =>
      typeof old === 'string' ? keyOf(group, old) : keyOf(...old),
    )
    const keys = [keyOf(group, name), ...older]
    const found = this.#files.flatMap((file) => keys.map((key) => file.get(key) ?? []))
    if (option?.multiple) return found.toReversed().flat()
    return found.find((entries) => entries.length > 0) ?? []
  }
}

/**
 * Reads files, or directories (their `*.conf`, sorted).
 *
 * @throws ConfigError naming every one that cannot be read
 */
export function readTexts(paths: readonly string[]): SourceText[] {
  const files = collect(paths, expand).flat()
  return collect(files, (name) => ({ name, text: readText(name) }))
}

function keyOf(group: string, name: string): string {
  return `${groupName(group)}\n${optionName(name)}`
}

// Goes on after an error, so that all problems are told at once.
function collect<A, B>(items: readonly A[], take: (item: A) => B): B[] {
  const taken: B[] = []
  const problems: ConfigProblem[] = []
  for (const item of items) {
    try {
      taken.push(take(item))
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      problems.push(...error.problems)
    }
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return taken
}

function expand(path: string): string[] {
  return reading(path, () => {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [path]
    const names = readdirSync(path).filter((name) => name.endsWith('.conf'))
    return names.toSorted().map((name) => join(path, name))
  })
}

function readText(file: string): string {
  return reading(file, () => new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file)))
}

function reading<T>(file: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reason = code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'it is not UTF-8' : code
    const message = code === 'ENOENT' ? 'no such file' : `cannot be read: ${reason}`
    throw new ConfigError([{ file, group: 'DEFAULT', message }])
  }
}
