import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { microversionHistory as volumeHistory } from '../../services/cinder/src/microversions.ts'
import { microversionHistory as computeHistory } from '../../services/nova/src/microversions.ts'

const root = join(import.meta.dirname, '../..')

/** The versions of an API, and where its service is. */
export interface VersionedApi {
  history: readonly (readonly [version: string, change: string])[]
  /** Folder of the service's source, from the root of the repository. */
  source: string
  title: string
  about: readonly string[]
}

export const computeApi: VersionedApi = {
  history: computeHistory,
  source: 'services/nova/src',
  title: 'Compute',
  about: ['`OpenStack-API-Version: compute 2.53`, or by `X-OpenStack-Nova-API-Version: 2.53`.'],
}

export const volumeApi: VersionedApi = {
  history: volumeHistory,
  source: 'services/cinder/src',
  title: 'Block Storage',
  about: ['`OpenStack-API-Version: volume 3.44`.'],
}

/**
 * The versions that a source text asks about. What ends with a version changes with the next one, so `to: '2.52'` is about
 * 2.53.
 *
 * @param major `2` or `3`
 */
export function versionsIn(text: string, major: string): Set<string> {
  const found = [...text.matchAll(new RegExp(String.raw`(\bto: )?'${major}\.(\d+)'`, 'g'))].map(
    ([, ends, minor]) => Number(minor) + (ends ? 1 : 0),
  )
  return new Set(found.map((minor) => `${major}.${minor}`))
}

/** Files of a service by the versions that they ask about. */
function filesByVersion({ source, history }: VersionedApi): Map<string, string[]> {
  const files = new Map<string, string[]>()
  const major = history[0]![0].split('.')[0]!
  const table = `${source}/microversions.ts`
  for (const name of readdirSync(join(root, source), { recursive: true, encoding: 'utf8' }).toSorted()) {
    const path = posix.join(source, name)
    if (!name.endsWith('.ts') || name.endsWith('.test.ts') || name.startsWith('testing/') || path === table)
      continue
    for (const version of versionsIn(readFileSync(join(root, path), 'utf8'), major))
      files.set(version, [...(files.get(version) ?? []), name])
  }
  return files
}

/** The microversions of an API, from its table and the places that ask about them. */
export function microversionsPage(api: VersionedApi): string {
  const { history, source, title, about } = api
  const files = filesByVersion(api)
  const link = (name: string) => `[\`${name}\`](../../${source}/${name})`
  const rows = history.map(([version, change]) => {
    // The table says so of what is about something that this cloud does not have.
    const without = /^- (.*)$/.exec(change)?.[1]
    const places = without === undefined ? (files.get(version) ?? []) : []
    return `| ${version} | ${without === undefined ? change : `nothing: ${without}`} | ${places.map(link).join('<br>')} |`
  })
  return [
    `# Microversions of the ${title} API`,
    '',
    `What each version changes, and the files below \`${source}\` that ask about it. A client asks for one by`,
    `${about.join('\n')} Versions of what this cloud does not`,
    'have are accepted and change nothing.',
    '',
    '| Version | Change | Where |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

export const computeMicroversionsPage = () => microversionsPage(computeApi)

export const volumeMicroversionsPage = () => microversionsPage(volumeApi)
