import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { brokenBodies, oddTexts, routesOf, variants } from '@longhaul/oslo/testing'
import { onProject, passwordOf, testKeystone, type CallOptions, type Method } from './testing/keystone.ts'

/** Bodies that are taken, by method and path; `:name` stands for the id of a thing of that collection. */
const goodBodies: Readonly<Record<string, unknown>> = {
  'POST /v3/auth/tokens': {
    auth: {
      identity: {
        methods: ['password', 'token'],
        password: { user: { id: ':users', name: 'n', domain: { id: ':domains', name: 'n' }, password: 'p' } },
        token: { id: 'gAAAAA' },
      },
      scope: { project: { id: ':projects', name: 'n', domain: { id: ':domains', name: 'n' } } },
    },
  },
  'POST /v3/domains': { domain: { name: 'n', description: 'd', enabled: true, tags: ['t'], options: {} } },
  'PATCH /v3/domains/:': { domain: { name: 'n', description: 'd', enabled: true, options: {} } },
  'POST /v3/projects': {
    project: {
      name: 'n',
      description: 'd',
      domain_id: ':domains',
      parent_id: ':projects',
      is_domain: false,
      enabled: true,
      tags: ['t'],
      options: { immutable: false },
    },
  },
  'PATCH /v3/projects/:': {
    project: { name: 'm', description: 'd', domain_id: ':domains', enabled: true, tags: ['t'], options: {} },
  },
  'PUT /v3/projects/:/tags': { tags: ['one', 'two'] },
  'POST /v3/users': {
    user: {
      name: 'n',
      password: 'p',
      domain_id: ':domains',
      default_project_id: ':projects',
      description: 'd',
      email: 'e',
      enabled: true,
      options: { ignore_lockout_failure_attempts: true, multi_factor_auth_rules: [['password']] },
    },
  },
  'PATCH /v3/users/:': {
    user: { name: 'u', password: 'p', default_project_id: ':projects', enabled: true, options: {} },
  },
  'POST /v3/users/:/password': { user: { password: 'new', original_password: 'old' } },
  'POST /v3/groups': { group: { name: 'n', description: 'd', domain_id: ':domains' } },
  'PATCH /v3/groups/:': { group: { name: 'g', description: 'd', domain_id: ':domains' } },
  'POST /v3/roles': {
    role: { name: 'n', description: 'd', domain_id: ':domains', options: { immutable: false } },
  },
  'PATCH /v3/roles/:': { role: { name: 'r', description: 'd', options: { immutable: false } } },
  'POST /v3/regions': { region: { id: 'n', description: 'd', parent_region_id: ':regions' } },
  'PATCH /v3/regions/:': { region: { description: 'd', parent_region_id: ':regions' } },
  'PUT /v3/regions/:': { region: { description: 'd', parent_region_id: ':regions' } },
  'POST /v3/services': { service: { type: 'n', name: 'n', description: 'd', enabled: true } },
  'PATCH /v3/services/:': { service: { type: 'n', name: 'n', description: 'd', enabled: true } },
  'POST /v3/endpoints': {
    endpoint: {
      interface: 'public',
      url: 'http://127.0.0.1:1/%(tenant_id)s',
      service_id: ':services',
      region_id: ':regions',
      region: 'n',
      enabled: true,
      name: 'n',
    },
  },
  'PATCH /v3/endpoints/:': {
    endpoint: { interface: 'admin', url: 'http://127.0.0.1:1', service_id: ':services', enabled: true },
  },
}

const queries =
  'name name__contains id__in domain_id parent_id is_domain enabled tags tags-any not-tags user_id group_id role.id ' +
  'user.id scope.project.id scope.system scope.OS-INHERIT:inherited_to effective include_names include_subtree ' +
  'subtree_as_list parents_as_ids type interface service_id region_id parent_region_id limit marker allow_expired nocatalog ' +
  'password_expires_at unique_id __proto__ hasOwnProperty'

/** The service with one thing of each collection that nobody needs. */
async function start(t: { after: (work: () => Promise<void>) => void }) {
  const keystone = await testKeystone()
  t.after(() => keystone.close())
  const token = await keystone.login('admin', onProject('admin'))
  const ids: Record<string, string> = { tags: 'one', implies: '', nothing: 'nothing' }
  const make = async (collection: string, input: object) => {
    const kind = collection.slice(0, -1)
    const made = await keystone.call('POST', `/v3/${collection}`, { token, body: { [kind]: input } })
    assert.equal(made.statusCode, 201, made.body)
    return made.json<Record<string, { id: string }>>()[kind]!.id
  }
  ids['domains'] = await make('domains', { name: 'spare' })
  const domain_id = ids['domains']
  ids['projects'] = await make('projects', { name: 'spare', domain_id })
  ids['users'] = await make('users', { name: 'spare', domain_id, password: passwordOf('spare') })
  ids['groups'] = await make('groups', { name: 'spare', domain_id })
  ids['roles'] = await make('roles', { name: 'spare' })
  ids['implies'] = await make('roles', { name: 'implied' })
  ids['regions'] = await make('regions', { id: 'spare' })
  ids['services'] = await make('services', { type: 'spare', name: 'spare' })
  const { services: service_id, regions: region_id } = ids
  ids['endpoints'] = await make('endpoints', { interface: 'public', url: 'http://a', service_id, region_id })

  let asked = 0
  /** Sends it and looks whether the answer is one of Keystone's. */
  const judge = async (method: Method, path: string, options: CallOptions = {}) => {
    const answer = await keystone.call(method, path, { token, subject: token, ...options })
    const sent = JSON.stringify(options).slice(0, 200)
    const about = `${method} ${path.slice(0, 120)} ${sent}: ${answer.statusCode} ${answer.body.slice(0, 300)}`
    asked++
    assert.ok(answer.statusCode < 500, about)
    if (answer.statusCode < 400 || method === 'HEAD') return answer.statusCode
    const { error, ...rest } = answer.json<{ error: Record<string, unknown> }>()
    assert.deepEqual(Object.keys(rest), [], about)
    assert.equal(error['code'], answer.statusCode, about)
    assert.ok(String(error['title']).length > 0 && String(error['message']).length > 0, about)
    return answer.statusCode
  }
  const filled = (path: string, odd?: string) =>
    path.replaceAll(/([\w-]+)\/:[^/]+/g, (_, name: string) => `${name}/${odd ?? ids[name] ?? 'nothing'}`)
  const routes = (await routesOf(keystone.app)).filter(({ path }) => path.startsWith('/v3'))
  assert.ok(routes.length > 100)
  return {
    ids,
    judge,
    filled,
    routes: routes.map(({ method, path }) => ({ method: method as Method, path })),
    asked: () => asked,
  }
}

/** Sent with the id of nothing: what is there stays there. */
const harmless = (method: Method) => (method === 'DELETE' ? 'nothing' : undefined)

describe('no bad input is a failure of the service', () => {
  test('odd values in every place of every body', async (t) => {
    const { ids, judge, filled, routes, asked } = await start(t)
    const named = new Set<string>()
    let refused = 0
    for (const { method, path } of routes) {
      const name = `${method} ${path.replaceAll(/:[^/]+/g, ':')}`
      if (goodBodies[name] === undefined) continue
      named.add(name)
      const good: unknown = JSON.parse(
        JSON.stringify(goodBodies[name]).replaceAll(
          /":(\w+)"/g,
          (_, collection: string) => `"${ids[collection]}"`,
        ),
      )
      for (const body of variants(good)) {
        if ((await judge(method, filled(path), { body: JSON.stringify(body) })) >= 400) refused++
      }
    }
    assert.deepEqual(named, new Set(Object.keys(goodBodies)), 'every body has its route')
    assert.ok(asked() > 2500 && refused > 1200, `${asked()} asked, ${refused} refused`)
  })

  test('bodies that are no JSON, or no JSON of ours, on every route', async (t) => {
    const { judge, filled, routes } = await start(t)
    for (const { method, path } of routes.filter((route) => route.method !== 'HEAD')) {
      if (path === '/v3/auth/tokens' && method === 'DELETE') continue
      for (const body of brokenBodies('name')) {
        const headers = { 'content-type': 'application/json' }
        const url = filled(path, harmless(method))
        const status = await judge(method, url, {
          headers,
          body,
        })
        if (method === 'POST' || method === 'PATCH') assert.ok(status >= 400, `${method} ${url}`)
      }
      for (const type of [
        'text/plain',
        'garbage',
        'multipart/form-data; boundary=x',
        'text/plain; charset="',
      ]) {
        await judge(method, filled(path, harmless(method)), {
          headers: { 'content-type': type },
          body: 'a=b',
        })
      }
    }
  })

  test('odd names in paths', async (t) => {
    const { judge, filled, routes } = await start(t)
    for (const { method, path } of routes) {
      for (const odd of path.includes(':') ? oddTexts : []) await judge(method, filled(path, odd))
    }
  })

  test('odd queries', async (t) => {
    const { judge, filled, routes } = await start(t)
    let turn = 0
    for (const { path } of routes.filter(({ method }) => method === 'GET')) {
      for (const parameter of queries.split(' ')) {
        for (let count = 0; count < 3; count++) {
          const odd = [...oddTexts, '', '0', 'x:y', '2026-01-01T00:00:00Z'][turn++ % (oddTexts.length + 4)]!
          await judge('GET', `${filled(path)}?${parameter}=${odd}`)
        }
      }
    }
  })

  test('odd tokens', async (t) => {
    const { judge } = await start(t)
    for (const text of [
      '',
      'x',
      'gAAAAA',
      `gAAAAA${'A'.repeat(300)}`,
      'é',
      '"',
      'a'.repeat(9000),
      '__proto__',
    ]) {
      assert.equal(await judge('GET', '/v3/users', { token: text }), 401)
      const status = await judge('GET', '/v3/auth/tokens', { subject: text })
      assert.ok(status === 404 || status === 400, `${status} for ${text.slice(0, 20)}`)
    }
  })
})
