// The examples of a page, as their reader would run them.
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Example {
  /** The heading above it. */
  name: string
  code: string
}

/** The first block of TypeScript below each heading of the third level. */
export function examplesOf(page: string): Example[] {
  return Array.from(page.matchAll(/^### (.+)\n[^]*?```ts\n([^]*?)```/gm), ([, name = '', code = '']) => ({
    name,
    code,
  }))
}

/** The first block of another language, such as `ini`. */
export function blockOf(page: string, language: string): string {
  const block = new RegExp(`^\`\`\`${language}\n([^]*?)\`\`\``, 'm').exec(page)?.[1]
  if (block === undefined) throw new Error(`the page has no block of ${language}`)
  return block
}

/** An empty project that has the packages of the repository. */
export interface ExampleProject {
  directory: string
  /** @returns the path of the file */
  write(name: string, text: string): string
  remove(): void
}

export function exampleProject(): ExampleProject {
  const directory = mkdtempSync(join(tmpdir(), 'longhaul-examples-'))
  symlinkSync(join(import.meta.dirname, '../../node_modules'), join(directory, 'node_modules'))
  const write = (name: string, text: string) => {
    const path = join(directory, name)
    writeFileSync(path, text)
    return path
  }
  write('package.json', '{"type":"module"}')
  return { directory, write, remove: () => rmSync(directory, { recursive: true, force: true }) }
}
