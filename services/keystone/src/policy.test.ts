import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startTown, type Persona, type Town } from './testing/personas.ts'

describe('a policy file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'policy-'))
  const file = join(directory, 'policy.yaml')
  let town: Town
  before(async () => {
    writeFileSync(
      file,
      [
        '"identity:list_services": ""',
        '"identity:list_users": "rule:admin_required"',
        '"identity:get_domain": "token.domain.id:%(target.domain.id)s"',
        '"identity:delete_user": "!"',
      ].join('\n'),
    )
    town = await startTown({ conf: `[oslo_policy]\npolicy_file = ${file}\n` })
  })
  after(async () => {
    await town.close()
    rmSync(directory, { recursive: true })
  })
  const get = async (path: string, persona: Persona) => {
    const answer = await town.call('GET', `/v3/${path}`, { token: await town.tokenOf(persona) })
    return answer.statusCode
  }

  it('opens an action', async () => {
    assert.equal(await get('services', 'project-reader'), 200)
    assert.equal(await get('services', 'domain-reader'), 403, 'the scopes of an action stay')
    assert.equal(await get('endpoints', 'project-reader'), 403)
  })

  it('narrows an action', async () => {
    assert.equal(await get('users', 'admin'), 200)
    assert.equal(await get('users', 'system-reader'), 403)
  })

  it('sees the ids of the token', async () => {
    assert.equal(await get(`domains/${town.home}`, 'domain-reader'), 200)
    assert.equal(await get(`domains/${town.other}`, 'domain-reader'), 403)
    assert.equal(await get(`domains/${town.home}`, 'admin'), 403)
  })

  it('forbids an action to all', async () => {
    const path = `/v3/users/${town.users.get('owner')}`
    const answer = await town.call('DELETE', path, { token: await town.tokenOf('admin') })
    assert.equal(answer.statusCode, 403)
    assert.equal(
      answer.json<{ error: { message: string } }>().error.message,
      'You are not authorized to perform the requested action: identity:delete_user.',
    )
  })
})

// CVE-2026-42999: the body stood above what was found, so a caller chose what the rules saw.
describe('what a client sends is not what the policy sees', () => {
  let town: Town
  before(async () => {
    town = await startTown()
  })
  after(() => town.close())

  /** Everything that a rule could take for a target of the caller's own. */
  const claims = () => ({
    target: {
      user: { id: town.users.get('owner'), domain_id: town.home, domain: { id: town.home } },
      project: { id: town.house, domain_id: town.home },
      group: { domain_id: town.home },
      domain: { id: town.home },
      domain_id: town.home,
      role: { name: 'member', domain_id: town.home },
      token: { user_id: town.users.get('owner') },
    },
    'target.user.domain_id': town.home,
    'target.project.domain_id': town.home,
    'target.domain_id': town.home,
    domain_id: town.home,
    user_id: town.users.get('owner'),
    project_id: town.house,
    is_admin: 1,
    roles: ['admin'],
    system_scope: 'all',
    user: { id: town.users.get('owner'), domain_id: town.home },
  })

  const refused: readonly [method: 'PATCH' | 'POST' | 'PUT' | 'DELETE', kind: string, at: () => string][] = [
    ['PATCH', 'user', () => `users/${town.users.get('other-domain-manager')}`],
    ['DELETE', 'user', () => `users/${town.users.get('other-domain-manager')}`],
    ['POST', 'user', () => 'users'],
    ['POST', 'project', () => 'projects'],
    ['POST', 'group', () => 'groups'],
    ['POST', 'domain', () => 'domains'],
    ['POST', 'role', () => 'roles'],
    ['PATCH', 'domain', () => `domains/${town.other}`],
    [
      'PUT',
      'role',
      () =>
        `domains/${town.other}/users/${town.users.get('domain-manager')}/roles/${town.roles.get('member')}`,
    ],
    [
      'PUT',
      'role',
      () => `domains/${town.home}/users/${town.users.get('domain-manager')}/roles/${town.roles.get('admin')}`,
    ],
    [
      'PUT',
      'role',
      () => `system/users/${town.users.get('domain-manager')}/roles/${town.roles.get('member')}`,
    ],
  ]
  for (const [index, [method, kind, at]] of refused.entries()) {
    it(`${method} of a ${kind} elsewhere, ${index + 1}`, async () => {
      const body = { ...claims(), [kind]: { ...claims(), name: `taken-${index}`, domain_id: town.other } }
      for (const persona of ['domain-manager', 'project-manager', 'owner'] as const) {
        const token = await town.tokenOf(persona)
        const answer = await town.call(method, `/v3/${at()}`, { token, body })
        assert.equal(answer.statusCode, 403, `${persona}: ${answer.body}`)
      }
    })
  }

  it('nor is the query', async () => {
    const other = town.users.get('other-domain-manager')
    const claimed = `user_id=${other}&domain_id=${town.home}&target.user.domain_id=${town.home}`
    for (const path of [`users/${other}`, `users/${other}/projects`, `users/${other}/groups`]) {
      const answer = await town.call('GET', `/v3/${path}?${claimed}`, {
        token: await town.tokenOf('domain-manager'),
      })
      assert.equal(answer.statusCode, 403, path)
    }
    const tree = await town.call(
      'GET',
      `/v3/role_assignments?include_subtree&scope.project.id=x&domain_id=${town.other}&project.domain_id=${town.other}`,
      { token: await town.tokenOf('other-domain-manager') },
    )
    assert.equal(tree.statusCode, 403)
  })

  it('nor does a body without a domain reach beyond the domain of the caller', async () => {
    const token = await town.tokenOf('domain-manager')
    for (const kind of ['user', 'group', 'project']) {
      const answer = await town.call('POST', `/v3/${kind}s`, { token, body: { [kind]: { name: 'plain' } } })
      assert.equal(answer.statusCode, 201, answer.body)
      assert.equal(answer.json<Record<string, { domain_id: string }>>()[kind]!.domain_id, town.home)
    }
  })

  it('nor does a parent elsewhere', async () => {
    const parent = await town.make('project', { name: 'parent', domain_id: town.other })
    for (const project of [
      { name: 'child', parent_id: parent },
      { name: 'child', parent_id: parent, domain_id: town.home },
      { name: 'child', parent_id: town.other },
    ]) {
      const answer = await town.call('POST', '/v3/projects', {
        token: await town.tokenOf('domain-manager'),
        body: { project },
      })
      assert.ok([400, 403].includes(answer.statusCode), answer.body)
    }
  })
})
