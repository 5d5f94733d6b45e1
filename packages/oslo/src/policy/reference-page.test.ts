import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createEnforcer, policyReferencePage, policySampleFile, type PolicyRule } from './index.ts'

const rules: PolicyRule[] = [
  { action: 'admin', check: 'role:admin', description: 'Whoever may do everything.' },
  {
    action: 'x:change',
    check: "rule:admin or 'a b':%(name)s",
    description: 'Change a thing',
    operations: [
      { method: 'PUT', path: '/things/{id}' },
      { method: 'PATCH', path: '/things/{id}' },
    ],
    scopeTypes: ['system', 'project'],
  },
  {
    action: 'x:list',
    check: '',
    description: 'List things',
    operations: [{ method: 'GET', path: '/things' }],
  },
]

test('The page tells of each rule what it guards, its default and its scopes', () => {
  assert.equal(
    policyReferencePage('Policies', rules, 'About.'),
    `# Policies

About.

## \`admin\`

Whoever may do everything.

- Default: \`role:admin\`

## \`x:change\`

Change a thing.

- Default: \`rule:admin or 'a b':%(name)s\`
- Guards: \`PUT /things/{id}\`, \`PATCH /things/{id}\`
- Scopes of tokens: system, project

## \`x:list\`

List things.

- Default: always allowed
- Guards: \`GET /things\`
`,
  )
})

test('The sample changes nothing, and with its comments taken away sets exactly the defaults', (t) => {
  const sample = policySampleFile(rules)
  assert.doesNotMatch(sample, /^[^#\n]/m)
  const directory = mkdtempSync(join(tmpdir(), 'oslo-policy-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'policy.yaml')
  writeFileSync(file, sample.replaceAll(/^#(?! )/gm, ''))
  const closed = rules.map((rule) => ({ ...rule, check: '!' }))
  const enforcer = createEnforcer({ rules: closed, file })
  assert.deepEqual(enforcer.warnings, [])
  assert.ok(enforcer.check('x:list', {}, {}))
  assert.ok(enforcer.check('x:change', {}, { roles: ['admin'] }))
  assert.ok(enforcer.check('x:change', { name: 'a b' }, {}))
  assert.ok(!enforcer.check('x:change', { name: 'other' }, {}))
})
