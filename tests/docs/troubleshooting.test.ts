// The tree of causes speaks of what there is: reasons, options, metrics and lines of logs.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { reasons } from '@longhaul/keystonemiddleware'

const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const page = read('docs/developer/troubleshooting.md')

const unique = (found: Iterable<string>) => [...new Set(found)].toSorted()
const found = (text: string, pattern: RegExp) => unique([...text.matchAll(pattern)].map(([, word]) => word!))

/** From the heading of the second level to the next one. */
function section(title: string): string {
  const text = new RegExp(`^## ${title}\n([^]*?)(?=^## |$(?![^]))`, 'm').exec(page)?.[1]
  assert.ok(text, title)
  return text
}
const rowsOf = (title: string) => found(section(title), /^\| `(\w+)` \|/gm)

test('every reason is in the tree, under the status that it is answered with', () => {
  const codes = Object.keys(reasons)
  const refusals = codes.filter((code) => /^(user_token|service_token|access_rules)_/.test(code))
  const passedOn = ['request_exempt']
  assert.deepEqual(rowsOf('401'), unique(refusals))
  assert.deepEqual(
    rowsOf('503'),
    unique(codes.filter((code) => !refusals.includes(code) && !passedOn.includes(code))),
  )
  for (const code of passedOn) assert.ok(page.includes(`\`${code}\``), code)
})

test('every option in the tree is one', () => {
  const references = globSync(['docs/admin/config/*.md', 'docs/reference/keystone*.md'], { cwd: root }).map(
    read,
  )
  const known = new Set(
    references.flatMap((text) =>
      text.split(/^## /m).flatMap((part) => {
        const group = /^\[(.+)\]\n/.exec(part)?.[1]
        return found(part, /^\| `(\w+)` \|/gm).map((name) => `[${group}] ${name}`)
      }),
    ),
  )
  const named = found(page, /`(\[\w+\] \w+)/g)
  assert.ok(named.length > 10)
  assert.deepEqual(
    named.filter((option) => !known.has(option)),
    [],
  )
})

test('every metric and every line of a log in the tree is one', () => {
  const sources = globSync(['packages/*/src/**/*.ts', 'services/cinder/src/**/*.ts'], {
    cwd: root,
    exclude: (path) => path.endsWith('.test.ts'),
  }).map(read)
  const lines = found(page, /says `([^`]+ [^`]+)`/g)
  const metrics = found(page, /`(keystonemiddleware_\w+)`/g)
  assert.ok(lines.length > 4 && metrics.length > 3)
  assert.deepEqual(
    [...lines, ...metrics].filter((text) => !sources.some((source) => source.includes(text))),
    [],
  )
})
