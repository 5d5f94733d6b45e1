import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

/** Source files by path from the root, with `/` between folders. */
export type Sources = ReadonlyMap<string, string>

/** One import: the file it stands in, what is written there, and the file of this repository that it means. */
export interface Arrow {
  from: string
  specifier: string
  /** Undefined for what is not ours: Node's modules and npm packages. */
  to: string | undefined
}

/** Where code of ours lives; below each, a folder a workspace. */
const homes = ['packages', 'services', 'tools'] as const

/** Every `.ts` and `.tsx` file of the workspaces below a root. */
export function readSources(root: string): Sources {
  const sources = new Map<string, string>()
  for (const home of homes) {
    for (const entry of readdirSync(join(root, home), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.tsx?$/.test(entry.name)) continue
      const path = posix.relative(root, posix.join(entry.parentPath, entry.name))
      if (/(^|\/)(node_modules|dist)\//.test(path)) continue
      sources.set(path, readFileSync(join(root, path), 'utf8'))
    }
  }
  return sources
}

/** Whether a file is only there for tests. */
export function isForTests(path: string): boolean {
  return /\.test\.tsx?$/.test(path) || /\/(fixtures|testing|tests?)\//.test(path)
}

/** The files that run in production. */
export function withoutTests(sources: Sources): Sources {
  return new Map([...sources].filter(([path]) => !isForTests(path)))
}

const statement = /^\s*(?:import|export)\b[^'"`;=]*?\bfrom\s*(['"])([^'"\n]+)\1/gm
const bare = /^\s*import\s*(['"])([^'"\n]+)\1/gm
const call = /\bimport\s*\(\s*(['"])([^'"\n]+)\1/g

/** What a file imports and re-exports, types included, in no particular order, each once. */
function specifiersOf(text: string): string[] {
  const code = text.replaceAll(/^\s*(\/\/|\*|\/\*\*?).*$/gm, '')
  const found = [statement, bare, call].flatMap((pattern) => [...code.matchAll(pattern)])
  return [...new Set(found.map(([, , specifier]) => specifier!))]
}

/** All imports of the given files. */
export function arrowsOf(sources: Sources): Arrow[] {
  return [...sources].flatMap(([from, text]) =>
    specifiersOf(text).map((specifier) => ({ from, specifier, to: targetOf(from, specifier, sources) })),
  )
}

function targetOf(from: string, specifier: string, sources: Sources): string | undefined {
  if (specifier.startsWith('.')) {
    const path = posix.join(posix.dirname(from), specifier)
    return sources.has(path) ? path : `${workspaceOf(path)}/`
  }
  const [, name, room] = /^@longhaul\/([a-z-]+)(?:\/(.+))?$/.exec(specifier) ?? []
  if (!name) return undefined
  const files = homes.flatMap((home) =>
    (room ? [`${room}/index.ts`, `${room}.ts`] : ['index.ts']).map((file) => `${home}/${name}/src/${file}`),
  )
  const home = homes.find((candidate) =>
    [...sources.keys()].some((path) => path.startsWith(`${candidate}/${name}/`)),
  )
  return files.find((path) => sources.has(path)) ?? (home ? `${home}/${name}/` : undefined)
}

/** `packages/oslo` for a file below it. */
export function workspaceOf(path: string): string {
  return path.split('/').slice(0, 2).join('/')
}

/** `services/nova/src/servers` for a file below a folder of a service; undefined for its top files. */
export function folderOf(path: string): string | undefined {
  const parts = path.split('/')
  return parts.length > 4 ? parts.slice(0, 4).join('/') : undefined
}

/** Import circles, smallest description: the files that reach each other, sorted. */
export function circlesOf(arrows: readonly Arrow[]): string[][] {
  const targets = new Map<string, string[]>()
  for (const { from, to } of arrows) if (to) targets.set(from, [...(targets.get(from) ?? []), to])
  const number = new Map<string, number>()
  const lowest = new Map<string, number>()
  const stack: string[] = []
  const circles: string[][] = []
  const visit = (file: string): void => {
    number.set(file, number.size)
    lowest.set(file, number.get(file)!)
    stack.push(file)
    for (const target of targets.get(file) ?? []) {
      if (!number.has(target)) visit(target)
      if (stack.includes(target)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(target)!))
    }
    if (lowest.get(file) !== number.get(file)) return
    const circle = stack.splice(stack.indexOf(file))
    if (circle.length > 1 || targets.get(file)?.includes(file)) circles.push(circle.toSorted())
  }
  for (const file of targets.keys()) if (!number.has(file)) visit(file)
  return circles
}

/** The npm package of a specifier; undefined for relative paths and Node's own modules. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return undefined
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}
