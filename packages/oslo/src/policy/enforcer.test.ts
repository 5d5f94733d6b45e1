import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import type { ApiError } from '../api-error.ts'
import type { RequestContext } from '../request-context.ts'
import { createEnforcer, PolicyError } from './index.ts'
import type { PolicyRule, ScopeType } from './index.ts'

const rule = (action: string, check: string, scopeTypes?: ScopeType[]): PolicyRule =>
  scopeTypes ? { action, check, description: action, scopeTypes } : { action, check, description: action }

const context: RequestContext = {
  requestId: 'req-1',
  userId: 'u1',
  userName: 'demo',
  userDomainId: 'default',
  projectId: 'p1',
  roles: ['member'],
  isAdminProject: true,
  authToken: 'gAAAAA',
  serviceRoles: [],
}

const folder = mkdtempSync(join(tmpdir(), 'oslo-policy-'))
after(() => rmSync(folder, { recursive: true }))
let files = 0
function policyFile(text: string): string {
  const path = join(folder, `policy-${files++}.yaml`)
  writeFileSync(path, text)
  return path
}

test('an action without a rule is refused, and so is a reference to none', () => {
  const enforcer = createEnforcer({
    rules: [rule('x:get', 'rule:nobody'), rule('x:list', 'not rule:nobody')],
  })
  assert.equal(enforcer.check('x:unknown', {}, { roles: ['admin'] }), false)
  assert.equal(enforcer.check('x:get', {}, { roles: ['admin'] }), false)
  assert.match(enforcer.warnings[0] ?? '', /'x:get' refers to 'nobody'/)
})

test('a refusal is 403 in the words of the service, with the reason for the log only', () => {
  const rules = [rule('os_compute_api:servers:delete', 'role:admin')]
  const action = 'os_compute_api:servers:delete'
  assert.throws(
    () => createEnforcer({ rules }).authorize(action, {}, context),
    (error: ApiError) =>
      error.status === 403 &&
      error.code === 'policy_denied' &&
      error.message === `Policy doesn't allow ${action} to be performed.` &&
      error.detail === `${action} refused to user u1, project scope, roles member`,
  )
  const message = (name: string) => `You are not authorized to perform the requested action: ${name}.`
  assert.throws(() => createEnforcer({ rules, message }).authorize(action, {}, context), {
    message: message(action),
  })
  createEnforcer({ rules }).authorize(action, {}, { ...context, roles: ['admin'] })
})

test('a service may show its rules more of a caller', () => {
  const rules = [rule('x:do', 'token.user.id:%(owner)s')]
  const enforcer = createEnforcer({
    rules,
    credentials: ({ userId }) => ({ token: { user: { id: userId } } }),
  })
  enforcer.authorize('x:do', { owner: 'u1' }, context)
  assert.throws(() => enforcer.authorize('x:do', { owner: 'u2' }, context), { code: 'policy_denied' })
  assert.throws(() => createEnforcer({ rules }).authorize('x:do', { owner: 'u1' }, context))
})

test('a token of another scope is refused whatever the rule says', () => {
  const scopes = {
    system: { system_scope: 'all' },
    domain: { domain_id: 'd' },
    project: { project_id: 'p' },
    none: {},
  }
  const table: [ScopeType[], (keyof typeof scopes)[]][] = [
    [['system'], ['system']],
    [['domain'], ['domain']],
    [['project'], ['project', 'none']],
    [
      ['system', 'project'],
      ['system', 'project', 'none'],
    ],
  ]
  for (const [scopeTypes, allowed] of table) {
    const enforcer = createEnforcer({ rules: [rule('x:do', '@', scopeTypes)] })
    for (const [name, scope] of Object.entries(scopes)) {
      assert.equal(
        enforcer.check('x:do', {}, scope),
        allowed.includes(name as keyof typeof scopes),
        `${scopeTypes.join()} ${name}`,
      )
    }
  }
})

describe('a policy file', () => {
  const rules = [rule('x:do', 'rule:admin_required', ['project']), rule('admin_required', 'role:admin')]

  test('replaces rules by name and keeps their scopes', () => {
    const file = policyFile(
      `# comment\n"x:do": "role:member and rule:mine"\n"mine": "project_id:%(project_id)s"\n`,
    )
    const enforcer = createEnforcer({ rules, file })
    assert.deepEqual(enforcer.warnings, [])
    assert.equal(enforcer.check('x:do', { project_id: 'p1' }, { project_id: 'p1', roles: ['member'] }), true)
    assert.equal(enforcer.check('x:do', { project_id: 'p2' }, { project_id: 'p1', roles: ['admin'] }), false)
    assert.equal(
      enforcer.check(
        'x:do',
        { project_id: 'p1' },
        { system_scope: 'all', project_id: 'p1', roles: ['member'] },
      ),
      false,
    )
  })

  test('may be JSON, hold the older lists, or nothing', () => {
    const json = createEnforcer({ rules, file: policyFile('{"x:do": [["role:member"], ["role:admin"]]}') })
    assert.equal(json.check('x:do', {}, { roles: ['member'] }), true)
    for (const text of ['', '# nothing\n', '{}']) {
      const enforcer = createEnforcer({ rules, file: policyFile(text) })
      assert.equal(enforcer.check('x:do', {}, { roles: ['member'] }), false)
    }
  })

  test('with a name that nothing uses is warned of', () => {
    const file = policyFile('"x:doo": "@"\n')
    assert.deepEqual(createEnforcer({ rules, file }).warnings, [`rule 'x:doo' of ${file} is used by nothing`])
  })

  const bad: [string, RegExp][] = [
    ['"x:do": "role:admin and"', /policy-\d+\.yaml, rule 'x:do': the rule ends/],
    ['"x:do": 5', /rule 'x:do': must be a text or a list/],
    ['"x:do": {a: b}', /rule 'x:do': must be/],
    ['"x:do": [[["role:a"]]]', /rule 'x:do': must be/],
    ['- a\n- b', /policy-\d+\.yaml: must map/],
    ['"x:do": "@"\n"x:do": "!"', /policy-\d+\.yaml: is not valid YAML: Map keys must be unique/],
    ['"x:do": "unclosed', /policy-\d+\.yaml: is not valid YAML/],
    [
      '"x:do": "rule:a"\n"a": "rule:b"\n"b": "not rule:a"',
      /policy-\d+\.yaml, rule 'a': refers to itself: a → b → a/,
    ],
    ['"admin_required": "rule:x:do"', /refers to itself: x:do → admin_required → x:do/],
  ]
  for (const [text, message] of bad) {
    test(`is refused, naming file and rule: ${text.replaceAll('\n', ' ; ')}`, () => {
      assert.throws(
        () => createEnforcer({ rules, file: policyFile(text) }),
        (error) =>
          error instanceof PolicyError && error.code === 'policy_invalid' && message.test(error.message),
      )
    })
  }

  test('that is not there is refused', () => {
    const file = join(folder, 'none.yaml')
    assert.throws(() => createEnforcer({ rules, file }), {
      code: 'policy_invalid',
      file,
      message: /none.yaml: .*ENOENT/,
    })
  })

  test('is read again on reload, and a bad one changes nothing', () => {
    const file = policyFile('"x:do": "role:member"')
    const enforcer = createEnforcer({ rules, file })
    const allowed = () => enforcer.check('x:do', {}, { roles: ['member'] })
    assert.equal(allowed(), true)
    writeFileSync(file, '"x:do": "role:')
    assert.throws(() => enforcer.reload(), { code: 'policy_invalid' })
    assert.equal(allowed(), true)
    writeFileSync(file, '"x:do": "!"')
    enforcer.reload()
    assert.equal(allowed(), false)
  })
})

test('two default rules of one name, or a bad one, are refused by name', () => {
  assert.throws(() => createEnforcer({ rules: [rule('x', '@'), rule('x', '!')] }), {
    rule: 'x',
    message: /twice/,
  })
  assert.throws(() => createEnforcer({ rules: [rule('x', 'role:a or')] }), {
    rule: 'x',
    message: /^rule 'x': /,
  })
  assert.throws(() => createEnforcer({ rules: [rule('x', 'rule:x')] }), { rule: 'x', message: /x → x/ })
})
