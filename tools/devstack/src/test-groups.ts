import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Programs that each run several files of tests. */
export interface TestGroups {
  programs: string[]
  /** Ends what was written for them. */
  remove(): void
}

/**
 * Puts files of tests together, so many in a process: to start one and to load a service's modules takes longer than the
 * tests of most files. Each is a suite, so that its hooks are for its own tests.
 *
 * @param size files in a process
 */
export function testGroups(files: readonly string[], size: number, root: string): TestGroups {
  const directory = mkdtempSync(join(tmpdir(), 'longhaul-test-'))
  const count = Math.ceil(files.length / size)
  const programs = Array.from({ length: count }, (_, index) => {
    // Neighbours load the same modules.
    const group = files.slice(index * size, (index + 1) * size)
    // The name is all that is told of a program that dies.
    const name = relative(root, group[0]!).replaceAll('/', '-')
    const program = join(directory, `from-${name}.mjs`)
    writeFileSync(program, programOf(group, root))
    return program
  })
  return { programs, remove: () => rmSync(directory, { recursive: true, force: true }) }
}

function programOf(files: readonly string[], root: string): string {
  const suites = files.map((file) => {
    const [name, url] = [relative(root, file), pathToFileURL(file).href].map((text) => JSON.stringify(text))
    return `suite(${name}, async () => { await import(${url}) })\n`
  })
  return `import { suite } from 'node:test'\n${suites.join('')}`
}
