import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  arrowsOf,
  circlesOf,
  folderOf,
  isForTests,
  packageOf,
  readSources,
  withoutTests,
  workspaceOf,
  type Arrow,
  type Sources,
} from './import-graph.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const sources = readSources(root)
const arrows = arrowsOf(sources)
const production = withoutTests(sources)

const text = (found: readonly Arrow[]) => found.map(({ from, specifier }) => `${from} imports ${specifier}`)
const between = (from: string, to: string, of = arrows) =>
  of.filter((arrow) => arrow.from.startsWith(`${from}/`) && arrow.to?.startsWith(`${to}/`))
const nothing = (found: readonly string[]) => assert.deepEqual(found, [])

function serviceToService(of: readonly Arrow[]): Arrow[] {
  return between('services', 'services', [...of]).filter(
    ({ from, to }) => workspaceOf(from) !== workspaceOf(to!),
  )
}

function resourceToResource(of: readonly Arrow[], files: Sources): Arrow[] {
  const isResource = (folder: string | undefined) => folder !== undefined && files.has(`${folder}/routes.ts`)
  return between('services', 'services', [...of]).filter(({ from, to }) => {
    const [here, there] = [folderOf(from), folderOf(to!)]
    return here !== there && isResource(here) && isResource(there)
  })
}

const vague = /^(utils?|helpers?|common|shared|core|lib|types|misc)$/
const vagueNames = (paths: Iterable<string>) =>
  [...paths].filter((path) =>
    path.split('/').some((part) => vague.test(part.replace(/(\.test)?\.tsx?$/, ''))),
  )

const drivers = new Set(['pg', 'mysql2', 'node:sqlite'])
const driverImports = (of: readonly Arrow[]) =>
  of.filter(
    ({ from, specifier }) =>
      drivers.has(packageOf(specifier) ?? specifier) && !from.startsWith('packages/oslo/src/db/'),
  )

const readsConfiguration = (files: Sources) =>
  [...files]
    .filter(([path, code]) => path.startsWith('services/') && /\bConfig\.read\(/.test(code))
    .map(([path]) => path)
    .filter((path) => !/\/(server|manage)\.ts$/.test(path))

interface Manifest {
  name: string
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
}

function undeclared(of: readonly Arrow[], manifestOf: (workspace: string) => Manifest): string[] {
  const found = of.flatMap(({ from, specifier }) => {
    const name = packageOf(specifier)
    if (!name) return []
    const manifest = manifestOf(workspaceOf(from))
    const { name: own, dependencies, optionalDependencies, peerDependencies, devDependencies } = manifest
    const declared = {
      ...dependencies,
      ...optionalDependencies,
      ...peerDependencies,
      ...(isForTests(from) ? devDependencies : {}),
    }
    return name === own || name in declared ? [] : [`${workspaceOf(from)} does not declare ${name}`]
  })
  return [...new Set(found)]
}

function median(files: Sources): number {
  const sizes = [...files.values()].map((code) => code.trimEnd().split('\n').length).toSorted((a, b) => a - b)
  return sizes[Math.floor(sizes.length / 2)] ?? 0
}

test('the reader of imports sees every kind of import, and only imports', () => {
  const sample = new Map([
    [
      'packages/one/src/index.ts',
      [
        "import type { A } from './a.ts'",
        "import {\n  b,\n  type B,\n} from '@longhaul/two/room'",
        "export * from './a.ts'",
        "import 'pg'",
        "const c = await import('@scope/name/part')",
        "// import d from './comment.ts'",
        " * import e from './doc.ts'",
        "const f = Array.from('text')",
      ].join('\n'),
    ],
    ['packages/one/src/a.ts', ''],
    ['services/two/src/room/index.ts', ''],
  ])
  const found = arrowsOf(sample)
  assert.equal(found.length, 4)
  assert.deepEqual(
    new Map(found.map(({ specifier, to }) => [specifier, to])),
    new Map([
      ['./a.ts', 'packages/one/src/a.ts'],
      ['@longhaul/two/room', 'services/two/src/room/index.ts'],
      ['@scope/name/part', undefined],
      ['pg', undefined],
    ]),
  )
  assert.equal(packageOf('@scope/name/part'), '@scope/name')
  assert.equal(packageOf('node:fs'), undefined)
})

test('the rules find what breaks them', () => {
  const sample = new Map([
    ['packages/p/src/index.ts', "import { x } from '@longhaul/s'"],
    ['services/s/src/index.ts', "import '../../t/src/index.ts'\nConfig.read([])"],
    ['services/t/src/index.ts', "import { x } from '@longhaul/s'"],
    ['services/t/src/a/routes.ts', "import type { B } from '../b/store.ts'"],
    ['services/t/src/b/routes.ts', "import 'pg'"],
    ['services/t/src/b/store.ts', "import type { R } from './row.ts'"],
    ['services/t/src/b/row.ts', "import type { S } from './store.ts'"],
    ['services/t/src/lib/types.ts', ''],
  ])
  const found = arrowsOf(sample)
  assert.equal(between('packages', 'services', found).length, 1)
  assert.deepEqual(
    serviceToService(found).map(({ from }) => from),
    ['services/s/src/index.ts', 'services/t/src/index.ts'],
  )
  assert.deepEqual(text(resourceToResource(found, sample)), [
    'services/t/src/a/routes.ts imports ../b/store.ts',
  ])
  assert.deepEqual(circlesOf(found), [
    ['services/s/src/index.ts', 'services/t/src/index.ts'],
    ['services/t/src/b/row.ts', 'services/t/src/b/store.ts'],
  ])
  assert.deepEqual(text(driverImports(found)), ['services/t/src/b/routes.ts imports pg'])
  assert.deepEqual(readsConfiguration(sample), ['services/s/src/index.ts'])
  assert.deepEqual(vagueNames(sample.keys()), ['services/t/src/lib/types.ts'])
  assert.deepEqual(
    undeclared(found, () => ({ name: '@longhaul/t', dependencies: { '@longhaul/s': '0.1.0' } })),
    ['services/t does not declare pg'],
  )
  assert.equal(
    median(
      new Map([
        ['a', 'x'],
        ['b', 'x\ny\nz\n'],
        ['c', 'x\ny'],
      ]),
    ),
    2,
  )
})

test('the workspaces are found', () => {
  assert.ok(sources.size > 100)
  assert.ok(
    arrows.some(({ from, to }) => from.startsWith('services/') && to?.startsWith('packages/oslo/src/')),
  )
})

test('packages never import services or tools', () => {
  nothing(text([...between('packages', 'services'), ...between('packages', 'tools')]))
})

/** What each package may stand on. */
const packagesBelow: Record<string, readonly string[]> = {
  keystoneauth: ['oslo-config'],
  keystonemiddleware: ['keystoneauth', 'oslo-config'],
  oslo: ['oslo-config'],
  'oslo-config': [],
  qemu: [],
}

test('each package stands only on those that its row of the table names', () => {
  const ofPackage = (path: string | undefined) => /^packages\/([^/]+)\//.exec(path ?? '')?.[1]
  const found = between('packages', 'packages', arrowsOf(production)).map(
    ({ from, to }) => [ofPackage(from)!, ofPackage(to)!] as const,
  )
  const others = found.filter(([from, to]) => from !== to && !packagesBelow[from]?.includes(to))
  nothing(others.map(([from, to]) => `${from} imports ${to}`))
  const folders = new Set([...production.keys()].map(ofPackage).filter((name) => name !== undefined))
  assert.deepEqual([...folders].toSorted(), Object.keys(packagesBelow))
})

test('services never import each other, nor tools', () => {
  nothing(text([...serviceToService(arrows), ...between('services', 'tools')]))
})

test('tools never import services', () => {
  nothing(text(between('tools', 'services')))
})

test('a resource folder never imports another resource folder', () => {
  nothing(text(resourceToResource(arrowsOf(production), sources)))
})

test('there is no import circle, types included', () => {
  assert.deepEqual(circlesOf(arrows), [])
})

test('only the db room of oslo imports a database driver', () => {
  nothing(text(driverImports(arrowsOf(production))))
})

test('in services only server.ts and manage.ts read configuration files', () => {
  nothing(readsConfiguration(production))
})

test('no folder or file has a name that says nothing', () => {
  nothing(vagueNames(sources.keys()))
})

test('the median source file has fewer than 150 lines', () => {
  assert.ok(median(production) < 150, `the median is ${median(production)}`)
})

test('what a workspace imports is declared in its package.json', () => {
  const manifest = (workspace: string): Manifest =>
    JSON.parse(readFileSync(join(root, workspace, 'package.json'), 'utf8')) as Manifest
  nothing(undeclared(arrows, manifest))
})
