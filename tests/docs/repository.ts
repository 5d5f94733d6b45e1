import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { mark } from './pages.ts'

export const root = join(import.meta.dirname, '../..')

/** Files that say of themselves that they are generated, by their paths from the root. */
export function generatedFiles(): string[] {
  return globSync(['docs/**/*.md', 'services/*/etc/*.sample'], { cwd: root }).filter((path) =>
    readFileSync(join(root, path), 'utf8').split('\n', 1)[0]!.includes(mark),
  )
}
