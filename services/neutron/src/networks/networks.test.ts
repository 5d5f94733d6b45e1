import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { errorType, testNeutron } from '../testing/neutron.ts'

const neutron = await testNeutron({ after })
const { ask, make, as, admin } = neutron
const member = as()
const stranger = as({ userName: 'eve', projectName: 'other' })
const reader = as({ roleNames: ['reader'] })
const names = ({ body }: Awaited<ReturnType<typeof ask>>) =>
  (body['networks'] as { name: string }[]).map(({ name }) => name)

describe('/v2.0/networks', () => {
  test('a network is made, shown, changed and deleted', async () => {
    const made = await make('network', { name: 'blue', description: 'd' }, member)
    const { id } = made
    assert.deepEqual(made, {
      id,
      name: 'blue',
      description: 'd',
      tenant_id: 'id-project-demo',
      project_id: 'id-project-demo',
      revision_number: 0,
      created_at: '2026-01-02T03:04:05Z',
      updated_at: '2026-01-02T03:04:05Z',
      admin_state_up: true,
      shared: false,
      mtu: 1500,
      status: 'ACTIVE',
      subnets: [],
    })
    const url = `/v2.0/networks/${id}`
    assert.deepEqual((await ask('GET', url, reader)).body, { network: made })
    assert.deepEqual((await ask('GET', `${url}?fields=id&fields=name`, member)).body, {
      network: { id, name: 'blue' },
    })
    const changed = await ask('PUT', url, member, {
      network: { name: 'green', admin_state_up: 'false', mtu: 9000 },
    })
    assert.equal(changed.status, 200)
    const network = changed.body['network'] as Record<string, unknown>
    assert.deepEqual(
      [network['name'], network['admin_state_up'], network['mtu'], network['revision_number']],
      ['green', false, 9000, 1],
    )
    assert.equal((await ask('DELETE', url, member)).status, 204)
    const gone = await ask('GET', url, member)
    assert.deepEqual(gone, {
      status: 404,
      body: {
        NeutronError: { type: 'NetworkNotFound', message: `Network ${id} could not be found.`, detail: '' },
      },
    })
  })

  test('a revision that is not the present one changes and deletes nothing', async () => {
    const { id } = await make('network', {}, member)
    const url = `/v2.0/networks/${id}`
    const change = { network: { name: 'x' } }
    const old = { ...member, 'if-match': 'revision_number=1' }
    const refused = await ask('PUT', url, old, change)
    assert.deepEqual([refused.status, errorType(refused)], [412, 'RevisionNumberConstraintFailed'])
    assert.equal((await ask('DELETE', url, old)).status, 412)
    assert.equal((await ask('PUT', url, { ...member, 'if-match': 'revision_number=0' }, change)).status, 200)
    assert.equal((await ask('PUT', url, { ...member, 'if-match': 'etag' }, change)).status, 400)
    assert.equal((await ask('DELETE', url, old)).status, 204)
  })

  test('others do not see it, unless it is shared; only administrators share', async () => {
    const { id } = await make('network', { name: 'own' }, member)
    const url = `/v2.0/networks/${id}`
    const share = { network: { shared: true } }
    assert.equal((await ask('GET', url, stranger)).status, 404)
    assert.equal((await ask('DELETE', url, stranger)).status, 404)
    const refused = await ask('PUT', url, member, share)
    assert.deepEqual([refused.status, errorType(refused)], [403, 'PolicyNotAuthorized'])
    assert.equal((await ask('POST', '/v2.0/networks', member, share)).status, 403)
    assert.equal((await ask('PUT', url, admin, share)).status, 200)
    assert.equal((await ask('GET', url, stranger)).status, 200)
    assert.equal((await ask('PUT', url, stranger, { network: { name: 'x' } })).status, 403)
    assert.equal((await ask('POST', '/v2.0/networks', reader, { network: {} })).status, 403)
    assert.ok(names(await ask('GET', '/v2.0/networks', stranger)).includes('own'))
    await make('port', { network_id: id }, stranger)
    const kept = await ask('PUT', url, admin, { network: { shared: false } })
    assert.deepEqual([kept.status, errorType(kept)], [409, 'InvalidSharedSetting'])
    const used = await ask('DELETE', url, member)
    assert.deepEqual([used.status, errorType(used)], [409, 'NetworkInUse'])
  })

  test('lists are filtered, sorted and given in pages, forwards and back', async () => {
    const other = as({ userName: 'lea', projectName: 'lists' })
    for (const name of ['a', 'b', 'c', 'd', 'e']) await make('network', { name, mtu: 1400 }, other)
    const list = (query: string) => ask('GET', `/v2.0/networks?mtu=1400&${query}`, other)
    assert.deepEqual(names(await list('sort_key=name&sort_dir=desc')), ['e', 'd', 'c', 'b', 'a'])
    assert.deepEqual(names(await list('sort_key=name&name=b&name=d')), ['b', 'd'])
    assert.deepEqual(names(await list('name=b&admin_state_up=false')), [])
    const first = await list('sort_key=name&limit=2')
    assert.deepEqual(names(first), ['a', 'b'])
    const follow = async ({ body }: typeof first, rel: string) => {
      const links = body['networks_links'] as { rel: string; href: string }[]
      return await ask(
        'GET',
        new URL(links.find((link) => link.rel === rel)!.href).pathname +
          new URL(links.find((link) => link.rel === rel)!.href).search,
        other,
      )
    }
    const second = await follow(first, 'next')
    assert.deepEqual(names(second), ['c', 'd'])
    const third = await follow(second, 'next')
    assert.deepEqual(names(third), ['e'])
    assert.deepEqual(
      (third.body['networks_links'] as { rel: string }[]).map(({ rel }) => rel),
      ['previous'],
    )
    assert.deepEqual(names(await follow(second, 'previous')), ['a', 'b'])
    for (const wrong of ['limit=x', 'limit=-1', 'sort_key=x', 'sort_key=name&sort_dir=up', 'colour=red']) {
      assert.equal((await list(wrong)).status, 400, wrong)
    }
    assert.equal((await list('limit=1&marker=none')).status, 404)
  })

  for (const [attributes, status] of [
    [{ colour: 'red' }, 400],
    [{ id: 'x' }, 400],
    [{ mtu: 67 }, 400],
    [{ name: 5 }, 400],
    [{ admin_state_up: 'maybe' }, 400],
    [{ tenant_id: 'id-project-other' }, 400],
    [{ tenant_id: 'a', project_id: 'b' }, 400],
  ] as const) {
    test(`refuses ${JSON.stringify(attributes)} with ${status}`, async () => {
      assert.equal((await ask('POST', '/v2.0/networks', member, { network: attributes })).status, status)
    })
  }

  test('the quota of the project is kept', async () => {
    const poor = as({ userName: 'poor', projectName: 'poor' })
    const url = '/v2.0/quotas/id-project-poor'
    assert.deepEqual((await ask('GET', url, poor)).body, { quota: { network: 100, subnet: 100, port: 500 } })
    assert.equal((await ask('GET', '/v2.0/quotas/id-project-demo', poor)).status, 403)
    assert.equal((await ask('PUT', url, poor, { quota: { network: -1 } })).status, 403)
    assert.equal((await ask('PUT', url, admin, { quota: { router: 1 } })).status, 400)
    assert.deepEqual((await ask('PUT', url, admin, { quota: { network: 1 } })).body, {
      quota: { network: 1, subnet: 100, port: 500 },
    })
    const both = await Promise.all([1, 2].map(() => ask('POST', '/v2.0/networks', poor, { network: {} })))
    assert.deepEqual(new Set(both.map(({ status }) => status)), new Set([201, 409]))
    assert.equal(errorType(both.find(({ status }) => status === 409)!), 'OverQuota')
    const listed = await ask('GET', '/v2.0/quotas', admin)
    assert.deepEqual(listed.body['quotas'], [
      { network: 1, subnet: 100, port: 500, project_id: 'id-project-poor', tenant_id: 'id-project-poor' },
    ])
    assert.equal((await ask('DELETE', url, admin)).status, 204)
    assert.equal((await ask('DELETE', url, admin)).status, 404)
  })
})

describe('what is there', () => {
  test('versions answer to everybody, the rest to nobody without a token', async () => {
    const { body } = await ask('GET', '/', {})
    assert.deepEqual(body, {
      versions: [{ id: 'v2.0', status: 'CURRENT', links: [{ rel: 'self', href: 'http://localhost/v2.0/' }] }],
    })
    const resources = (await ask('GET', '/v2.0/', {})).body['resources'] as { collection: string }[]
    assert.ok(resources.some(({ collection }) => collection === 'ports'))
    assert.equal((await ask('GET', '/v2.0/networks', {})).status, 401)
  })

  test('extensions are listed and shown', async () => {
    const { extensions } = (await ask('GET', '/v2.0/extensions', member)).body as {
      extensions: { alias: string }[]
    }
    assert.ok(extensions.some(({ alias }) => alias === 'binding-extended'))
    assert.equal((await ask('GET', '/v2.0/extensions/binding-extended', member)).status, 200)
    const missing = await ask('GET', '/v2.0/extensions/router', member)
    assert.deepEqual([missing.status, errorType(missing)], [404, 'ExtensionNotFound'])
  })
})
