import { defaultText, factsOf, typeText } from './option-text.ts'
import type { Option, OptionTable } from './options.ts'

/** The options of one section, for documentation. */
export interface OptionGroup {
  group: string
  table: OptionTable
}

const width = 100

/** A configuration file in which every option stands as a comment with its default. */
export function sampleFile(groups: Iterable<OptionGroup>): string {
  return [...groups].map(sectionText).join('\n')
}

function sectionText({ group, table }: OptionGroup): string {
  const options = Object.entries(table).map(([name, option]) => optionText(group, name, option))
  return [`[${group}]`, '', ...options].join('\n')
}

function optionText(group: string, name: string, option: Option<unknown>): string {
  const { help, mutable } = option.settings
  const facts = [...factsOf(option, group), ...(mutable ? ['Read again at SIGHUP.'] : [])]
  const words = [`${help} (${typeText(option)})`, ...facts].join(' ')
  const setting = `#${name} = ${defaultText(option)}`.trimEnd()
  return [...wrapped(words).map((line) => `# ${line}`), setting, ''].join('\n')
}

function wrapped(text: string): string[] {
  const lines = ['']
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1)!
    if (line === '') lines[lines.length - 1] = word
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`
    else lines.push(word)
  }
  return lines
}
