import { defaultText, factsOf, typeText } from './option-text.ts'
import type { OptionGroup } from './sample-file.ts'

/** A page in Markdown that lists every option by section. @param about stands under the title */
export function referencePage(title: string, groups: Iterable<OptionGroup>, about?: string): string {
  const sections = [...groups]
  const links = sections.map(({ group }) => `[\`[${group}]\`](#${anchor(group)})`)
  return [
    `# ${title}`,
    '',
    ...(about === undefined ? [] : [about, '']),
    `Sections: ${links.join(', ')}.`,
    '',
    ...sections.flatMap(sectionLines),
  ].join('\n')
}

function sectionLines({ group, table }: OptionGroup): string[] {
  const rows = Object.entries(table).map(([name, option]) => {
    const text = defaultText(option)
    const cells = [
      `\`${name}\``,
      typeText(option),
      text === '' ? '' : `\`${text}\``,
      option.settings.mutable ? 'yes' : 'no',
      inMarkdown([option.settings.help, ...factsOf(option, group)].join(' ')),
    ]
    return `| ${cells.map(escaped).join(' | ')} |`
  })
  return [
    `## [${group}]`,
    '',
    '| Option | Type | Default | Read at SIGHUP | Meaning |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ]
}

/** What a heading is linked by. */
function anchor(group: string): string {
  return group.toLowerCase().replaceAll(/[^\w-]/g, '')
}

/** Angle brackets and asterisks would be taken for marks. */
function inMarkdown(text: string): string {
  return text.replaceAll('<', '&lt;').replaceAll('*', '\\*')
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')
}
