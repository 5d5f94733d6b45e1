import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { passwordOf, testKeystone, type Method, type TestKeystone } from '../testing/keystone.ts'

interface TokenBody {
  token: { roles?: { name: string }[] }
}

describe('what a change does to tokens that were issued before', () => {
  let keystone: TestKeystone
  let admin: string
  // A user, its domain and a project there, new for each test.
  let domain: string
  let project: string
  let user: string
  let group: string
  let count = 0
  before(async () => {
    keystone = await testKeystone()
    admin = await keystone.login('admin', { project: { name: 'admin', domain: { id: 'default' } } })
  })
  after(() => keystone.close())

  const act = async (method: Method, path: string, body?: unknown) => {
    const answer = await keystone.call(method, `/v3/${path}`, { token: admin, body })
    assert.ok(answer.statusCode < 300, `${method} ${path}: ${answer.body}`)
    return answer
  }
  const make = async (kind: string, input: Record<string, unknown>) => {
    const answer = await act('POST', `${kind}s`, { [kind]: { name: `${kind}-${count}`, ...input } })
    return answer.json<Record<string, { id: string }>>()[kind]!.id
  }
  beforeEach(async () => {
    count += 1
    domain = await make('domain', {})
    project = await make('project', { domain_id: domain })
    group = await make('group', { domain_id: domain })
    user = await make('user', { domain_id: domain, password: passwordOf(`user-${count}`) })
  })

  const tokenFor = (scope: object | 'unscoped') => keystone.login(`user-${count}`, scope, domain)
  const ofProject = () => tokenFor({ project: { id: project } })
  const validate = async (subject: string) => {
    const answer = await keystone.call('GET', '/v3/auth/tokens', { token: admin, subject })
    return { status: answer.statusCode, roles: rolesIn(answer.json()) }
  }
  const rolesIn = ({ token }: Partial<TokenBody>) => (token?.roles ?? []).map(({ name }) => name).toSorted()
  const holds = async (...tokens: string[]) =>
    Promise.all(tokens.map(async (token) => (await validate(token)).status === 200))
  const join = (method: Method = 'PUT') => act(method, `groups/${group}/users/${user}`)
  const grant = (role: string, method: Method = 'PUT', actor = `users/${user}`, on = `projects/${project}`) =>
    act(method, `${on}/${actor}/roles/${role}`)
  const groupGrant = (role: string, method: Method = 'PUT') => grant(role, method, `groups/${group}`)
  const defaultProjectOf = async (id: string) => {
    const answer = await act('GET', `users/${id}`)
    return answer.json<{ user: { default_project_id?: string } }>().user.default_project_id
  }

  it('a role of a group counts at once, and goes at once', async () => {
    const [one, two] = [
      await make('role', { name: `one-${count}` }),
      await make('role', { name: `two-${count}` }),
    ]
    await join()
    await groupGrant(one)
    const token = await ofProject()
    assert.deepEqual((await validate(token)).roles, [`one-${count}`])
    await groupGrant(two)
    assert.deepEqual((await validate(token)).roles, [`one-${count}`, `two-${count}`])
    await groupGrant(one, 'DELETE')
    assert.deepEqual((await validate(token)).roles, [`two-${count}`])
    await groupGrant(two, 'DELETE')
    assert.deepEqual(await holds(token), [false])
    await groupGrant(one)
    assert.deepEqual(await holds(token), [true], 'nothing was revoked')
  })

  it('leaving a group revokes all tokens', async () => {
    const role = await make('role', {})
    await join()
    await groupGrant(role)
    await grant(role)
    const tokens = [await ofProject(), await tokenFor('unscoped')]
    await join('DELETE')
    assert.deepEqual(await holds(...tokens), [false, false])
    await join()
    assert.deepEqual(await holds(...tokens), [false, false])
  })

  it('the end of a group revokes all tokens of its users if it had roles', async () => {
    const role = await make('role', {})
    await join()
    await groupGrant(role)
    const tokens = [await ofProject(), await tokenFor('unscoped')]
    await act('DELETE', `groups/${group}`)
    assert.deepEqual(await holds(...tokens), [false, false])
  })

  it('the end of a group without roles revokes nothing', async () => {
    await join()
    const token = await tokenFor('unscoped')
    await act('DELETE', `groups/${group}`)
    assert.deepEqual(await holds(token), [true])
  })

  it('the end of a role takes it away everywhere', async () => {
    const [lasting, leaving] = [await make('role', { name: `lasting-${count}` }), await make('role', {})]
    await grant(lasting)
    await grant(leaving)
    await grant(leaving, 'PUT', `users/${user}`, `domains/${domain}`)
    const [onProject, onDomain] = [await ofProject(), await tokenFor({ domain: { id: domain } })]
    await act('DELETE', `roles/${leaving}`)
    assert.deepEqual((await validate(onProject)).roles, [`lasting-${count}`])
    assert.deepEqual(await holds(onDomain), [false])
  })

  it('what a role implies counts at once, at every distance', async () => {
    const [first, second, third] = [
      await make('role', { name: `a-${count}` }),
      await make('role', { name: `b-${count}` }),
      await make('role', { name: `c-${count}` }),
    ]
    await grant(first)
    const token = await ofProject()
    await act('PUT', `roles/${first}/implies/${second}`)
    await act('PUT', `roles/${second}/implies/${third}`)
    assert.deepEqual((await validate(token)).roles, [`a-${count}`, `b-${count}`, `c-${count}`])
    await act('DELETE', `roles/${first}/implies/${second}`)
    assert.deepEqual((await validate(token)).roles, [`a-${count}`])
  })

  it('a role of a domain brings others, and is not shown itself', async () => {
    const [ofDomain, global] = [
      await make('role', { domain_id: domain }),
      await make('role', { name: `global-${count}` }),
    ]
    await act('PUT', `roles/${ofDomain}/implies/${global}`)
    await grant(ofDomain)
    const token = await ofProject()
    assert.deepEqual((await validate(token)).roles, [`global-${count}`])
    await act('DELETE', `roles/${ofDomain}/implies/${global}`)
    assert.deepEqual(await holds(token), [false])
  })

  it('a role that is inherited counts below, not where it was given', async () => {
    const role = await make('role', { name: `heir-${count}` })
    const child = await make('project', { name: 'child', domain_id: domain, parent_id: project })
    const path = `OS-INHERIT/projects/${project}/users/${user}/roles/${role}/inherited_to_projects`
    await act('PUT', path)
    await assert.rejects(ofProject(), /401/)
    const token = await tokenFor({ project: { id: child } })
    assert.deepEqual((await validate(token)).roles, [`heir-${count}`])
    await act('DELETE', path)
    assert.deepEqual(await holds(token), [false])
  })

  it('a role that a domain hands down counts in every project there', async () => {
    const role = await make('role', { name: `heir-${count}` })
    const child = await make('project', { name: 'child', domain_id: domain, parent_id: project })
    await join()
    const path = `OS-INHERIT/domains/${domain}/groups/${group}/roles/${role}/inherited_to_projects`
    await act('PUT', path)
    const tokens = [await ofProject(), await tokenFor({ project: { id: child } })]
    await assert.rejects(tokenFor({ domain: { id: domain } }), /401/)
    assert.deepEqual(await holds(...tokens), [true, true])
    await act('DELETE', path)
    assert.deepEqual(await holds(...tokens), [false, false])
  })

  it('tokens of a disabled domain do not hold while it is disabled', async () => {
    await grant(await make('role', {}))
    const elsewhere = await make('project', { name: 'elsewhere' })
    const role = await make('role', { name: `away-${count}` })
    await grant(role, 'PUT', `users/${user}`, `projects/${elsewhere}`)
    const tokens = [
      await ofProject(),
      await tokenFor('unscoped'),
      await tokenFor({ project: { id: elsewhere } }),
    ]
    await act('PATCH', `domains/${domain}`, { domain: { enabled: false } })
    assert.deepEqual(await holds(...tokens), [false, false, false])
    await act('PATCH', `domains/${domain}`, { domain: { enabled: true } })
    assert.deepEqual(await holds(...tokens), [true, true, true])
  })

  it('a domain goes with all that it owns, and with nothing else', async () => {
    const role = await make('role', { name: `stays-${count}` })
    const own = await make('role', { domain_id: domain })
    await grant(role)
    await grant(role, 'PUT', `users/${user}`, `domains/${domain}`)
    const stranger = await make('user', {
      name: `stranger-${count}`,
      password: passwordOf(`stranger-${count}`),
    })
    await grant(role, 'PUT', `users/${stranger}`)
    await grant(role, 'PUT', `users/${stranger}`, 'system')
    await join()
    await act('PUT', `groups/${group}/users/${stranger}`)
    await act('PATCH', `users/${stranger}`, { user: { default_project_id: project } })
    const tokens = [await ofProject(), await tokenFor('unscoped')]
    const others = await keystone.login(`stranger-${count}`, { project: { id: project } })
    const system = await keystone.login(`stranger-${count}`, { system: { all: true } })

    await act('PATCH', `domains/${domain}`, { domain: { enabled: false } })
    await act('DELETE', `domains/${domain}`)
    assert.deepEqual(await holds(...tokens, others, system), [false, false, false, true])
    for (const path of [`users/${user}`, `groups/${group}`, `projects/${project}`, `roles/${own}`]) {
      const answer = await keystone.call('GET', `/v3/${path}`, { token: admin })
      assert.equal(answer.statusCode, 404, path)
    }
    const left = await act('GET', `role_assignments?user.id=${stranger}`)
    assert.equal(left.json<{ role_assignments: unknown[] }>().role_assignments.length, 1)
    const groups = await act('GET', `users/${stranger}/groups`)
    assert.deepEqual(groups.json<{ groups: unknown[] }>().groups, [])
    assert.equal(await defaultProjectOf(stranger), undefined)
  })

  it('a project that goes is nobody’s default any more', async () => {
    await act('PATCH', `users/${user}`, { user: { default_project_id: project } })
    await act('DELETE', `projects/${project}`)
    assert.equal(await defaultProjectOf(user), undefined)
  })
})
