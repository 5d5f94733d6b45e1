import assert from 'node:assert/strict'
import { test } from 'node:test'
import { discoverVersions } from './discovery.ts'
import { stage } from './fixtures/stage.ts'
import { contextAuth, DiscoveryFailure } from './index.ts'

const entry = (id: string, href: string, rest: object = {}) => ({
  id,
  status: 'CURRENT',
  links: [{ rel: 'self', href }],
  ...rest,
})
const document = (status: number, body: unknown) => ({
  status,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
})

const shapes: [string, number, unknown][] = [
  ["Keystone's root", 300, { versions: { values: [entry('v3.14', '/v3')] } }],
  ["Nova's root", 200, { versions: [entry('v3.14', '/v3')] }],
  ['one version', 200, { version: entry('v3.14', '/v3') }],
  ['the version itself', 200, entry('v3.14', '/v3')],
]
for (const [name, status, body] of shapes) {
  test(`A document like ${name} is understood`, async (t) => {
    const { session, service } = await stage(t)
    const target = await service(() => document(status, body))
    assert.deepEqual(await discoverVersions(session, target.url), [
      { id: 'v3.14', major: 3, minor: 14, status: 'CURRENT', url: `${target.url}/v3` },
    ])
  })
}

test('Versions are sorted as numbers, statuses normalised, the useless left out, empty microversions absent', async (t) => {
  const { session, service } = await stage(t)
  const target = await service(() =>
    document(200, {
      versions: [
        entry('v2.10', 'v2.10/', { min_version: '2.1', version: '2.99' }),
        entry('v2.9', 'v2.9/', { status: 'stable', min_version: '', max_version: '' }),
        entry('v2.0', 'v2.0/', { status: 'odd' }),
        { id: 'v9', status: 'CURRENT', links: [] },
        { id: 'v9', links: [{ rel: 'self', href: '/v9' }] },
        entry('nine', '/v9'),
        null,
      ],
    }),
  )
  const found = await discoverVersions(session, `${target.url}/compute`)
  assert.deepEqual(
    found.map(({ id, status, url }) => [id, status, url]),
    [
      ['v2.0', 'UNKNOWN', `${target.url}/compute/v2.0/`],
      ['v2.9', 'CURRENT', `${target.url}/compute/v2.9/`],
      ['v2.10', 'CURRENT', `${target.url}/compute/v2.10/`],
    ],
  )
  assert.equal(found[1]?.minMicroversion, undefined)
  assert.deepEqual([found[2]?.minMicroversion, found[2]?.maxMicroversion], ['2.1', '2.99'])
})

test('A service that tells its versions only to those it knows is asked again with credentials', async (t) => {
  const { session, service } = await stage(t)
  const target = await service(({ headers }) =>
    headers['x-auth-token'] ? document(200, entry('v1', '/v1')) : 401,
  )
  assert.equal((await discoverVersions(session, target.url, { 'X-Auth-Token': 't' })).length, 1)
  assert.equal(target.seen[0]?.headers['x-auth-token'], undefined)
  await assert.rejects(discoverVersions(session, target.url), DiscoveryFailure)
})

test('An endpoint is told with the version found at it, once in five minutes', async (t) => {
  const { session, service, clock } = await stage(t)
  const target = await service(() =>
    document(200, {
      versions: [entry('v2.0', '/v2/'), entry('v2.1', '/v2.1/', { min_version: '2.1', max_version: '2.96' })],
    }),
  )
  const url = `${target.url}/v2.1/p1`
  const endpoints = [{ interface: 'public', region_id: 'R', region: 'R', url }]
  const auth = () =>
    contextAuth({ token: 't', projectId: 'p1', catalog: [{ type: 'compute', name: 'nova', endpoints }] })
  const ask = () => auth().getEndpointData!(session, { serviceType: 'compute' })
  const data = await ask()
  assert.equal(data?.url, url)
  assert.equal(data?.version?.maxMicroversion, '2.96')
  await ask()
  assert.deepEqual(
    target.seen.map(({ path }) => path),
    ['/v2.1'],
  )
  clock.pass(301)
  await ask()
  assert.equal(target.seen.length, 2)
})

test('An endpoint whose service says nothing is told without a version', async (t) => {
  const { session, service } = await stage(t)
  const target = await service(() => 404)
  const endpoints = [{ interface: 'public', url: target.url }]
  const auth = contextAuth({ token: 't', catalog: [{ type: 'image', endpoints }] })
  assert.deepEqual(await auth.getEndpointData!(session, { serviceType: 'image' }), { url: target.url })
})
