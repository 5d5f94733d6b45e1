import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type * as yaml from 'yaml'
import { OptionError } from '../../errors.ts'
import { isSettings, underscored, type Settings } from './settings.ts'

const require = createRequire(import.meta.url)

/** Where files are looked for; replaced by tests. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>
  /** The current directory. */
  cwd: string
  /** The home of the user. */
  home: string
  platform: NodeJS.Platform
}

/** A file of settings. */
export interface ConfigFile {
  path: string
  settings: Settings
}

const suffixes = ['.yaml', '.yml', '.json']

/**
 * Where a file is looked for, first place first.
 *
 * @param stem `clouds`, `secure` or `clouds-public`
 * @see openstacksdk, config.loader.CONFIG_SEARCH_PATH
 */
export function searchPath(stem: string, around: Surroundings): string[] {
  const { env } = around
  const named = { clouds: env['OS_CLIENT_CONFIG_FILE'], secure: env['OS_CLIENT_SECURE_FILE'] }[stem]
  const files = directories(around).flatMap((folder) =>
    suffixes.map((suffix) => join(folder, `${stem}${suffix}`)),
  )
  return [...new Set([...(named ? [named] : []), ...files])]
}

function directories({ env, cwd, home, platform }: Surroundings): string[] {
  const unixHome = join(env['SNAP_REAL_HOME'] ?? home, '.config', 'openstack')
  const unixSite = '/etc/openstack'
  if (platform === 'darwin') {
    const library = join('Library', 'Application Support', 'openstack')
    return [cwd, join(home, library), unixHome, join('/', library), unixSite]
  }
  if (platform === 'win32') {
    const below = (root: string | undefined) => (root ? [join(root, 'OpenStack', 'openstack')] : [])
    return [cwd, ...below(env['LOCALAPPDATA']), unixHome, ...below(env['ProgramData']), unixSite]
  }
  const own = join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'openstack')
  const site = (env['XDG_CONFIG_DIRS'] || '/etc/xdg').split(':').map((folder) => join(folder, 'openstack'))
  return [cwd, own, unixHome, ...site, unixSite]
}

/**
 * The first of the files that exists and may be read.
 *
 * @throws OptionError for one that is no YAML or JSON mapping, with file and line; the line itself is not repeated
 */
export function readFirst(paths: readonly string[]): ConfigFile | undefined {
  for (const path of paths) {
    const text = readIfThere(path)
    if (text !== undefined) return { path, settings: parseSettings(text, path) }
  }
  return undefined
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR'].includes(code)) return undefined
    throw new OptionError(`${path} cannot be read: ${code}`)
  }
}

/**
 * YAML, of which JSON is a part. Scalars stay text: of `1e10` and `0123`, which may be ids or passwords, no number is made.
 *
 * @param path for errors
 */
export function parseSettings(text: string, path: string): Settings {
  // Only who has such a file waits for its reader.
  const { LineCounter, parseDocument } = require('yaml') as typeof yaml
  const lineCounter = new LineCounter()
  const document = parseDocument(text, {
    schema: 'failsafe',
    customTags: ['null'],
    merge: true,
    prettyErrors: false,
    // A warning would repeat what the file holds.
    logLevel: 'error',
    lineCounter,
  })
  const [problem] = document.errors
  if (problem) {
    const { line, col } = lineCounter.linePos(problem.pos[0])
    throw new OptionError(`${path}:${line}:${col}: not YAML (${problem.code})`)
  }
  const settings = toPlain(() => document.toJS({ maxAliasCount: 100 }) as unknown, path)
  if (!isSettings(settings)) throw new OptionError(`${path} is no mapping`)
  return underscored(settings)
}

function toPlain(make: () => unknown, path: string): unknown {
  try {
    const value = make()
    if (!holdsItself(value)) return value
  } catch {
    // Aliases that are not defined, or that unfold into far more than the file holds.
  }
  throw new OptionError(`${path} has aliases that cannot be resolved`)
}

/** Whether an alias stands within its own anchor. */
function holdsItself(value: unknown, above: readonly unknown[] = []): boolean {
  if (typeof value !== 'object' || value === null) return false
  return above.includes(value) || Object.values(value).some((below) => holdsItself(below, [...above, value]))
}
