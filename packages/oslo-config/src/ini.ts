import { ConfigError, type ConfigProblem } from './errors.ts'

/** One `name = value` as it stands in a file; continuation lines are joined with a newline. */
export interface IniEntry {
  group: string
  name: string
  value: string
  /** The pair of quotes that stood around the value and is no longer part of it. */
  quote?: string
  file: string
  line: number
}

/**
 * Reads the INI language of oslo.config.
 *
 * A comment is a line whose first character is `#` or `;`: a value may hold both. A line that begins with white space
 * goes on with the value above, until an empty line or a comment ends it. An option may be repeated; every repetition is
 * kept, in order. Sections of one name are one section. `-` and `_` in option names are the same.
 *
 * @param text the file's content
 * @param file the name to use in errors
 * @throws ConfigError naming file and line of every line that is neither a section, an option nor a comment; the line
 *   itself is not repeated, as it may hold a part of a secret
 * @see oslo.config, module iniparser
 */
export function parseIni(text: string, file: string): IniEntry[] {
  const entries: IniEntry[] = []
  const problems: ConfigProblem[] = []
  let group: string | undefined
  let open: IniEntry | undefined
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  for (const [index, raw] of lines.entries()) {
    const line = index + 1
    const fail = (message: string) => problems.push({ file, line, group: group ?? 'DEFAULT', message })
    if (/^\s+\S/.test(raw)) {
      if (open) open.value = `${open.value}\n${raw.trim()}`
      else fail('a continuation line (it begins with white space) without an option above it')
      continue
    }
    open = undefined
    const written = raw.trimEnd()
    if (written === '' || written[0] === '#' || written[0] === ';') continue
    if (written[0] === '[') {
      const name = /^\[(.+)\]$/.exec(written)?.[1]?.trim()
      if (name) group = name
      else fail('a section must be written as [name]')
      continue
    }
    const split = /[=:]/.exec(written)?.index
    const name = written.slice(0, split).trimEnd()
    if (split === undefined) fail('expected "option = value"')
    else if (name === '') fail('an option without a name')
    else if (group === undefined) fail('an option before the first [section]')
    else {
      open = { group, name: optionName(name), ...unquote(written.slice(split + 1).trim()), file, line }
      entries.push(open)
    }
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return entries
}

/** The spelling under which an option is known: `auth-url` and `auth_url` are one. */
export function optionName(name: string): string {
  return name.replaceAll('-', '_')
}

/** The spelling under which a group is known: groups are found in any case, and `DEFAULT` is written in capitals. */
export function groupName(name: string): string {
  const lower = name.toLowerCase()
  return lower === 'default' ? 'DEFAULT' : lower
}

// A value with the same quote at both ends loses both, even when there are more of them inside.
function unquote(value: string): { value: string; quote?: string } {
  const quote = value[0]
  const quoted = value.length > 1 && (quote === '"' || quote === "'") && value.endsWith(quote)
  return quoted ? { value: value.slice(1, -1), quote } : { value }
}
