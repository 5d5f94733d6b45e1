import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { microversionHistory } from './microversions.ts'

const ownFiles = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && file !== 'microversions.ts',
)
const source = ownFiles.map((file) => readFileSync(join(import.meta.dirname, file), 'utf8')).join('\n')

test('the table has every version once, in order', () => {
  const versions = microversionHistory.map(([version]) => version)
  assert.deepEqual(
    versions,
    versions.map((_, i) => `2.${i + 1}`),
  )
})

test('what the table says of a version is in the code, and the code knows no version of which it says nothing', () => {
  /** What a version brought begins where the one before ends. */
  const named = (version: string) => {
    const before = `2.${Number(version.slice(2)) - 1}`
    return source.includes(`'${version}'`) || source.includes(`to: '${before}'`)
  }
  const alwaysServed = new Set(['2.1', '2.18'])
  for (const [version, change] of microversionHistory) {
    if (alwaysServed.has(version)) continue
    const served = !change.startsWith('-')
    // A window that ends where another thing began may name a version that changed nothing here.
    if (served) assert.ok(named(version), `${version} is served, but no code names it`)
    else assert.ok(!source.includes(`atLeast('${version}')`), `${version} changes something after all`)
  }
})
