import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { stage } from './fixtures/stage.ts'
import {
  Adapter,
  contextAuth,
  OptionError,
  serviceTokenAuth,
  VersionNotAvailable,
  type AdapterOptions,
} from './index.ts'
import type { Answer, Seen } from './testing/index.ts'
import { versionsAt } from './version-documents.ts'

interface Told {
  id: string
  href: string
  status?: string
  min_version?: string
  max_version?: string
}

const tell = (...versions: Told[]): Answer => ({
  status: 300,
  body: JSON.stringify({
    versions: versions.map(({ href, status = 'CURRENT', ...rest }) => ({
      ...rest,
      status,
      links: [{ rel: 'self', href }],
    })),
  }),
})

/** A service whose endpoint in the catalog is `path`; `answer` says what it tells where. */
async function placed(
  t: TestContext,
  path: string,
  answer: (request: Seen, url: string) => Answer,
  serviceType = 'compute',
) {
  const scene = await stage(t)
  const target = await scene.service((request): Answer => answer(request, target.url))
  const endpoints = [{ interface: 'public', url: `${target.url}${path}` }]
  const user = contextAuth({ token: 't', projectId: 'p1', catalog: [{ type: serviceType, endpoints }] })
  const auth = serviceTokenAuth({ user, service: contextAuth({ token: 'service' }) })
  const adapter = (options: Partial<AdapterOptions> = {}) =>
    new Adapter({ session: scene.session, auth, serviceType, ...options })
  return { ...scene, target, adapter, asked: () => target.seen.map((seen) => seen.path) }
}

const nova = (base: string) =>
  tell(
    { id: 'v2.0', href: `${base}/v2/`, status: 'SUPPORTED' },
    { id: 'v2.1', href: `${base}/v2.1/`, min_version: '2.1', max_version: '2.96' },
    { id: 'v3.0', href: `${base}/v3/`, status: 'EXPERIMENTAL' },
  )

test('Without a version nobody is asked, and a fitting version in the URL needs no asking either', async (t) => {
  const { target, adapter, asked } = await placed(t, '/v2.1/p1', () => 500)
  assert.equal(await adapter().getEndpoint(), `${target.url}/v2.1/p1`)
  assert.equal(await adapter({ version: '2' }).getEndpoint(), `${target.url}/v2.1/p1`)
  assert.deepEqual(await adapter({ version: '2' }).getApiVersion(), [2, 1])
  assert.deepEqual(asked(), [])
})

test('Another version than that of the catalog is found at the root, below a prefix, with the project', async (t) => {
  const { target, adapter, asked } = await placed(t, '/compute/v2.1/p1', ({ path }, url) =>
    path === '/compute' ? nova(`${url}/compute`) : 404,
  )
  const old = adapter({ version: '2.0', maxVersion: undefined })
  assert.equal(await old.getEndpoint(), `${target.url}/compute/v2.1/p1`)
  assert.equal(await adapter({ maxVersion: '2.0' }).getEndpoint(), `${target.url}/compute/v2/p1`)
  await assert.rejects(adapter({ version: '3' }).getEndpoint(), VersionNotAvailable, 'only an experiment')
  await assert.rejects(adapter({ version: '4' }).get('/servers'), {
    code: 'version_not_available',
    message: `${target.url}/compute/v2.1 does not offer version 4.0 to 4.latest`,
  })
  assert.deepEqual(asked(), ['/compute', '/compute/v2.1'], 'each place once')
})

test('Of several the highest that fits is taken, by the wrapper of service tokens too', async (t) => {
  const { target, adapter } = await placed(t, '', (_, url) => nova(url))
  const data = await adapter({ minVersion: '2' }).getEndpointData()
  assert.deepEqual([data?.url, data?.version?.maxMicroversion], [`${target.url}/v2.1`, '2.96'])
  assert.deepEqual(
    (await adapter().getVersions()).map(({ id }) => id),
    ['v2.0', 'v2.1', 'v3.0'],
  )
})

test('A service behind a proxy that names itself by another address is reached where it was asked', async (t) => {
  const elsewhere: [string, string, string][] = [
    ['', 'http://10.0.0.1:8774/v2.1/', '/v2.1'],
    ['/compute', 'http://10.0.0.1:8774/v2.1/', '/compute/v2.1'],
    ['/compute', '/v2.1/', '/compute/v2.1'],
  ]
  for (const [prefix, href, path] of elsewhere) {
    const { target, adapter } = await placed(t, prefix, () => tell({ id: 'v2.1', href }))
    assert.equal(await adapter({ version: '2' }).getEndpoint(), `${target.url}${path}`)
  }
})

test('A service that tells nothing is used as the catalog has it, unless that is another version', async (t) => {
  const { target, adapter } = await placed(t, '/image', () => 404, 'image')
  assert.equal(await adapter({ version: '2' }).getEndpoint(), `${target.url}/image`)
  const other = await placed(t, '/v1', () => 404, 'image')
  await assert.rejects(other.adapter({ version: '2' }).getEndpoint(), VersionNotAvailable)
})

test('volumev2 is never version 3, though a catalog lists that under an alias', async (t) => {
  const { target, adapter } = await placed(
    t,
    '/v3/p1',
    (_, url) => tell({ id: 'v3.0', href: `${url}/v3` }),
    'volumev3',
  )
  assert.equal(await adapter({ serviceType: 'volumev3' }).getEndpoint(), `${target.url}/v3/p1`)
  assert.equal(await adapter({ serviceType: 'block-storage' }).getEndpoint(), `${target.url}/v3/p1`)
  await assert.rejects(adapter({ serviceType: 'volumev2' }).getEndpoint(), VersionNotAvailable)
  await assert.rejects(adapter({ serviceType: 'volumev3', version: '2' }).getEndpoint(), OptionError)
})

test('An override is asked for its version too, with the credentials if need be', async (t) => {
  const { target, adapter } = await placed(t, '/unused', ({ headers, path }, url) =>
    headers['x-auth-token'] ? (path === '/o' ? nova(`${url}/o`) : 404) : 401,
  )
  const override = adapter({ endpointOverride: `${target.url}/o/%(project_id)s` })
  assert.equal((await override.getVersions()).length, 3)
  const data = await adapter({
    endpointOverride: `${target.url}/o/%(project_id)s`,
    version: '2.1',
  }).getEndpointData()
  assert.equal(data?.url, `${target.url}/o/v2.1/p1`)
  assert.equal(target.seen.at(-1)?.headers['x-service-token'], 'service')
})

const microversions: [string, string | undefined, string | undefined][] = [
  ['2.53', undefined, '2.53'],
  ['2.999', undefined, '2.96'],
  ['2.latest', '2.90', '2.96'],
]
for (const [highest, lowest, agreed] of microversions) {
  test(`Of ${lowest ?? 'any'} to ${highest}, and 2.1 to 2.96 of the service, ${agreed} is agreed`, async (t) => {
    const { adapter } = await placed(t, '/v2.1', (_, url) => nova(url))
    assert.equal(await adapter().negotiateMicroversion(highest, lowest), agreed)
  })
}

test('Where there is no common microversion that is said, and a service without any has none', async (t) => {
  const { adapter } = await placed(t, '/v2.1', (_, url) => nova(url))
  await assert.rejects(adapter().negotiateMicroversion('2.100', '2.97'), {
    code: 'version_not_available',
    message: 'microversion 2.97 to 2.100: the service has 2.1 to 2.96',
  })
  const plain = await placed(t, '', (_, url) => tell({ id: 'v2', href: `${url}/v2` }))
  assert.equal(await plain.adapter().negotiateMicroversion('2.5'), undefined)
})

test('The endpoint of Keystone itself is where the login went', async (t) => {
  const { keystone, session, login } = await stage(t)
  const auth = login({ includeCatalog: false })
  const own = new Adapter({ session, auth, interface: 'auth' })
  assert.equal(await own.getEndpoint(), keystone.url)
})

test('Who asks at the same time shares one answer; what is kept is bounded and grows old', async (t) => {
  const { session, service, clock } = await stage(t)
  const target = await service((_, count) => (count === 1 ? 503 : nova('')))
  const ask = (path = '') => versionsAt(session, `${target.url}${path}`, {})
  assert.equal(await ask(), undefined)
  assert.equal((await ask())?.length, 3, 'a passing failure is not kept')
  await Promise.all([ask('/a'), ask('/a')])
  assert.equal(target.seen.length, 3)
  for (let index = 0; index < 99; index++) await ask(`/${index}`)
  await ask('/a')
  assert.equal(target.seen.length, 102, 'still kept')
  await ask('/one-more')
  await ask()
  assert.equal(target.seen.length, 104, 'the oldest had to go')
  clock.pass(301)
  await ask('/a')
  assert.equal(target.seen.length, 105)
})

test('A refusal of one caller is not the answer for the next', async (t) => {
  const { session, service } = await stage(t)
  const target = await service(({ headers }) => (headers['x-auth-token'] === 'good' ? nova('') : 401))
  assert.equal(await versionsAt(session, target.url, { 'X-Auth-Token': 'bad' }), undefined)
  assert.equal((await versionsAt(session, target.url, { 'X-Auth-Token': 'good' }))?.length, 3)
})
