import { defaultText, factsOf } from './option-text.ts'
import type { OptionGroup } from './sample-file.ts'

/** A page in Markdown that lists every option by section. */
export function referencePage(title: string, groups: Iterable<OptionGroup>): string {
  return [`# ${title}`, '', ...[...groups].flatMap(sectionLines)].join('\n')
}

function sectionLines({ group, table }: OptionGroup): string[] {
  const rows = Object.entries(table).map(([name, option]) => {
    const text = option.settings.secret ? '' : defaultText(option)
    const cells = [
      `\`${name}\``,
      option.type,
      text === '' ? '' : `\`${text}\``,
      [option.settings.help, ...factsOf(option, group)].join(' '),
    ]
    return `| ${cells.map(escaped).join(' | ')} |`
  })
  return [`## [${group}]`, '', '| Option | Type | Default | Meaning |', '|---|---|---|---|', ...rows, '']
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')
}
