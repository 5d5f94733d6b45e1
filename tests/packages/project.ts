// An empty project into which the published packages are installed as their users get them.
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { examplesOf } from '../docs/examples.ts'

const root = join(import.meta.dirname, '../..')
const run = promisify(execFile)
const minutes = 60_000

/** In the order of what needs what. */
const published = ['oslo-config', 'keystoneauth', 'keystonemiddleware'] as const

/** What the examples and the checks need besides. */
const others = [
  '@arethetypeswrong/cli@0.18.5',
  '@types/express@5.0.6',
  '@types/node@24.10.1',
  'express@5.3.0',
  'fastify@5.12.8',
  'publint@0.3.25',
  'typescript@5.9.3',
]

/** As a project of somebody who checks types strictly. */
const tsconfig = {
  compilerOptions: {
    target: 'es2024',
    module: 'nodenext',
    types: ['node'],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    verbatimModuleSyntax: true,
    noEmit: true,
  },
  include: ['*.ts'],
}

export interface Project {
  directory: string
  /** Of each published package. */
  tarballs: string[]
  /** Runs a program that was installed. @returns what it wrote @throws with what it wrote */
  bin(name: string, ...args: string[]): Promise<string>
  remove(): void
}

/** Packs, and installs the packages together with the examples of the documentation. */
export async function emptyProject(): Promise<Project> {
  const directory = mkdtempSync(join(tmpdir(), 'longhaul-project-'))
  const tarballs: string[] = []
  for (const name of published) {
    const args = ['pack', '--silent', '--workspace', `packages/${name}`, '--pack-destination', directory]
    const { stdout } = await run('npm', args, { cwd: root, timeout: 2 * minutes })
    tarballs.push(join(directory, stdout.trim().split('\n').at(-1)!))
  }
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(tsconfig))
  cpSync(join(root, 'docs/examples'), directory, { recursive: true })
  const page = readFileSync(join(root, 'packages/keystoneauth/README.md'), 'utf8')
  for (const [index, { code }] of examplesOf(page).entries())
    writeFileSync(join(directory, `keystoneauth-${index}.ts`), code)
  const install = ['install', '--no-audit', '--no-fund', '--loglevel=error', ...tarballs, ...others]
  await run('npm', install, { cwd: directory, timeout: 5 * minutes })
  return {
    directory,
    tarballs,
    async bin(name, ...args) {
      const path = join(directory, 'node_modules/.bin', name)
      const { stdout } = await run(process.execPath, [path, ...args], {
        cwd: directory,
        timeout: 2 * minutes,
      }).catch((error: { stdout?: string; stderr?: string }) => {
        throw new Error(`${name}: ${error.stdout}${error.stderr}`, { cause: error })
      })
      return stdout
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}
