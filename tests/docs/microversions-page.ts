import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { microversionHistory } from '../../services/nova/src/microversions.ts'

const root = join(import.meta.dirname, '../..')
const source = 'services/nova/src'
const table = `${source}/microversions.ts`

/**
 * The versions that a source text asks about. What ends with a version changes with the next one, so `to: '2.52'` is about
 * 2.53.
 */
export function versionsIn(text: string): Set<string> {
  const found = [...text.matchAll(/(\bto: )?'2\.(\d+)'/g)].map(
    ([, ends, minor]) => Number(minor) + (ends ? 1 : 0),
  )
  return new Set(found.map((minor) => `2.${minor}`))
}

/** Files of nova by the versions that they ask about. */
function filesByVersion(): Map<string, string[]> {
  const files = new Map<string, string[]>()
  for (const name of readdirSync(join(root, source), { recursive: true, encoding: 'utf8' }).toSorted()) {
    const path = posix.join(source, name)
    if (!name.endsWith('.ts') || name.endsWith('.test.ts') || name.startsWith('testing/') || path === table)
      continue
    for (const version of versionsIn(readFileSync(join(root, path), 'utf8')))
      files.set(version, [...(files.get(version) ?? []), name])
  }
  return files
}

/** The microversions of the Compute API, from the table and the places that ask about them. */
export function microversionsPage(): string {
  const files = filesByVersion()
  const link = (name: string) => `[\`${name}\`](../../${source}/${name})`
  const rows = microversionHistory.map(([version, change]) => {
    // The table says so of what is about something that this cloud does not have.
    const without = /^- (.*)$/.exec(change)?.[1]
    const places = without === undefined ? (files.get(version) ?? []) : []
    return `| ${version} | ${without === undefined ? change : `nothing: ${without}`} | ${places.map(link).join('<br>')} |`
  })
  return [
    '# Microversions of the Compute API',
    '',
    `What each version changes, and the files below \`${source}\` that ask about it. A client asks for one by`,
    '`OpenStack-API-Version: compute 2.53`, or by `X-OpenStack-Nova-API-Version: 2.53`. Versions of what this cloud does not',
    'have are accepted and change nothing.',
    '',
    '| Version | Change | Where |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}
