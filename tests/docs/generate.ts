// Writes every generated page and removes those that are generated no longer: npm run docs
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pages } from './pages.ts'
import { generatedFiles, root } from './repository.ts'

const wanted = new Set(pages.map(({ path }) => path))
for (const path of generatedFiles()) if (!wanted.has(path)) rmSync(join(root, path))
for (const { path, text } of pages) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text())
}
