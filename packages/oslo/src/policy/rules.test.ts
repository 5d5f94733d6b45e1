import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createEnforcer } from './index.ts'
import { parseRule } from './parser.ts'
import type { RuleSource } from './parser.ts'
import { compile } from './checks.ts'

const credentials = {
  user_id: 'u1',
  project_id: 'p1',
  roles: ['Member', 'reader'],
  service_roles: ['service'],
  is_admin: false,
  is_admin_project: true,
  system_scope: 'all',
  level: 3,
  nothing: null,
  token: { user: { domain: { id: 'default' } }, groups: [{ id: 'g1' }, { id: 'g2' }] },
}
const target = {
  user_id: 'u1',
  project_id: 'p2',
  enabled: true,
  size: 3,
  unset: null,
  nested: { user: { id: 'u1', tags: ['x'] } },
  'target.role.name': 'admin',
  role: 'member',
}

function met(rule: RuleSource): boolean {
  return compile(parseRule(rule), () => undefined)(target, credentials)
}

const cases: Record<string, [RuleSource, boolean][]> = {
  constants: [
    ['', true],
    ['  ', true],
    ['@', true],
    ['!', false],
    ['not @', false],
    ['not !', true],
    ['not not @', true],
  ],
  'roles, without regard to case': [
    ['role:member', true],
    ['role:MEMBER', true],
    ['role:admin', false],
    ['role:%(role)s', true],
    ['role:%(missing)s', false],
    ['service_role:service', true],
    ['service_role:member', false],
    ['service_roles:service', true],
  ],
  'credentials against constants': [
    ['user_id:u1', true],
    ['user_id:u2', false],
    ['system_scope:all', true],
    ['is_admin:False', true],
    ['is_admin:True', false],
    ['is_admin:1', false],
    ['is_admin_project:True', true],
    ['level:3', true],
    ['absent:x', false],
    ['absent:None', false],
    ['nothing:None', true],
  ],
  'credentials against the target': [
    ['user_id:%(user_id)s', true],
    ['project_id:%(project_id)s', false],
    ['user_id:%(nested.user.id)s', true],
    ['user_id:%(missing)s', false],
    ['user_id:%(nested)s', false],
    ['user_id:u%(level)s', false],
    ['level:%(size)s', true],
  ],
  'paths into the credentials, through lists': [
    ['token.user.domain.id:default', true],
    ['token.user.domain:default', false],
    ['token.user.domain.id.more:default', false],
    ['token.groups.id:g2', true],
    ['token.groups.id:g3', false],
  ],
  literals: [
    ["'admin':%(target.role.name)s", true],
    ['"admin":%(target.role.name)s', true],
    ["'Admin':%(target.role.name)s", false],
    ['True:%(enabled)s', true],
    ['False:%(enabled)s', false],
    ['3:%(size)s', true],
    ['None:%(unset)s', true],
    ['None:%(missing)s', false],
    ["'a b':%(missing)s", false],
    ["'50%':50%%", true],
  ],
  'names of every object are no credentials': [
    ['constructor:x', false],
    ['__proto__:x', false],
    ['toString:%(toString)s', false],
    ['user_id:%(constructor.name)s', false],
  ],
  'and before or, not before both': [
    ['@ or @ and !', true],
    ['! and @ or @', true],
    ['(@ or @) and !', false],
    ['not ! and !', false],
    ['not (! and !)', true],
    ['not @ or @', true],
    ['NOT ! AND @ OR !', true],
    ['((role:member))', true],
    ['role:member and not user_id:%(project_id)s and (role:admin or is_admin_project:True)', true],
    ['role:admin or (role:member and user_id:%(user_id)s)', true],
    ['(role:member and project_id:%(project_id)s) or !', false],
  ],
  'the older lists': [
    [[], true],
    [[[]], false],
    [[['role:member']], true],
    [['role:admin', 'role:member'], true],
    [[['role:member', 'role:admin']], false],
    [
      [
        ['role:member', 'role:admin'],
        ['user_id:u1', '@'],
      ],
      true,
    ],
  ],
}

for (const [name, rules] of Object.entries(cases)) {
  describe(name, () => {
    for (const [rule, expected] of rules) {
      test(`${JSON.stringify(rule)} is ${expected}`, () => assert.equal(met(rule), expected))
    }
  })
}

describe('a rule that cannot be read is refused', () => {
  const bad: Record<string, RegExp> = {
    'role:admin and': /ends where a check is expected/,
    'and role:admin': /'and' stands where/,
    'role:admin role:member': /'role:member' is not expected/,
    '(role:admin': /not closed/,
    'role:admin)': /'\)' is not expected/,
    '()': /'\)' stands where/,
    not: /ends where/,
    admin: /'admin' is not a check/,
    ':admin': /is not a check/,
    "'admin:x": /quote/,
    'user_id:%(x)d': /%/,
    'user_id:50%': /%/,
    'http://policy.example.org/%(user_id)s': /not supported/,
    'https:x': /not supported/,
    ['('.repeat(60) + '@' + ')'.repeat(60)]: /too deeply/,
  }
  for (const [rule, message] of Object.entries(bad)) {
    test(rule.slice(0, 40), () => assert.throws(() => parseRule(rule), { code: 'policy_invalid', message }))
  }
})

test('a rule refers to rules that stand before or after it', () => {
  const enforcer = createEnforcer({
    rules: [
      { action: 'x:do', check: 'rule:owner or rule:admin_required', description: '' },
      { action: 'owner', check: 'user_id:%(user_id)s', description: '' },
      { action: 'admin_required', check: 'role:admin', description: '' },
    ],
  })
  assert.equal(enforcer.check('x:do', { user_id: 'u1' }, credentials), true)
  assert.equal(enforcer.check('x:do', { user_id: 'u9' }, credentials), false)
  assert.equal(enforcer.check('x:do', { user_id: 'u9' }, { roles: ['Admin'] }), true)
})
