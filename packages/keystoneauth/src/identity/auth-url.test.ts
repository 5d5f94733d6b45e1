import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stage } from '../fixtures/stage.ts'
import { AuthorizationFailure, DiscoveryFailure, password } from '../index.ts'
import { tokenData, type Seen } from '../testing/index.ts'

const paths = (calls: readonly { method: string; path: string }[]) =>
  calls.map(({ method, path }) => `${method} ${path}`)

const issued = {
  status: 201,
  headers: { 'Content-Type': 'application/json', 'X-Subject-Token': 'a-token' },
  body: JSON.stringify({ token: tokenData() }),
}
const versions = (...entries: [id: string, href: string][]) => ({
  status: 300,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({
    versions: {
      values: entries.map(([id, href]) => ({ id, status: 'stable', links: [{ rel: 'self', href }] })),
    },
  }),
})

test('An auth_url that ends with /v3 is taken as it is', async (t) => {
  const { keystone, session, login } = await stage(t)
  await login({ authUrl: `${keystone.url}/` }).getToken(session)
  assert.deepEqual(paths(keystone.calls), ['POST /v3/auth/tokens'])
})

test('An auth_url without a version is asked once where v3 is', async (t) => {
  const { keystone, session, login } = await stage(t)
  const auth = login({ authUrl: keystone.rootUrl })
  await auth.getToken(session)
  auth.invalidate()
  await auth.getToken(session)
  assert.deepEqual(paths(keystone.calls), ['GET /', 'POST /v3/auth/tokens', 'POST /v3/auth/tokens'])
})

test('The place that Keystone names is used, the newest of several', async (t) => {
  const { session, login, service } = await stage(t)
  const target = await service(({ method }) =>
    method === 'POST'
      ? issued
      : versions(['v3.14', '/identity/new/v3/'], ['v2.0', '/old'], ['v3.0', '/older']),
  )
  await login({ authUrl: `${target.url}/identity` }).getToken(session)
  assert.deepEqual(paths(target.seen), ['GET /identity', 'POST /identity/new/v3/auth/tokens'])
})

const silent: [string, (request: Seen) => ReturnType<typeof versions> | number][] = [
  ['answers no versions', () => 404],
  [
    'answers something else',
    () => ({ status: 200, headers: { 'Content-Type': 'text/html' }, body: '<html>' }),
  ],
  ['names no usable version', () => versions()],
]
for (const [what, answer] of silent) {
  test(`A prefix is kept and /v3 appended when the root ${what}`, async (t) => {
    const { session, login, service } = await stage(t)
    const target = await service((request) => (request.method === 'POST' ? issued : answer(request)))
    const auth = login({ authUrl: `${target.url}/identity` })
    await auth.getToken(session)
    auth.invalidate()
    await auth.getToken(session)
    const post = 'POST /identity/v3/auth/tokens'
    assert.deepEqual(paths(target.seen), ['GET /identity', post, post])
  })
}

test('A root that fails for the moment is asked again at the next login', async (t) => {
  const { session, login, service } = await stage(t)
  const target = await service(({ method }) => (method === 'POST' ? issued : 503))
  const auth = login({ authUrl: target.url })
  await auth.getToken(session)
  auth.invalidate()
  await auth.getToken(session)
  assert.equal(target.seen.filter(({ method }) => method === 'GET').length, 2)
})

test('A password does not go to another origin because an answer names it', async (t) => {
  const { session, login, service } = await stage(t)
  const other = await service(() => issued)
  const target = await service(({ method }) =>
    method === 'POST' ? issued : versions(['v3.14', `${other.url}/v3`]),
  )
  await login({ authUrl: target.url }).getToken(session)
  assert.equal(other.seen.length, 0)
  assert.equal(target.seen.at(-1)?.path, '/v3/auth/tokens')
})

test('A Keystone without v3 is named, and nothing is sent to it', async (t) => {
  const { session, login, service } = await stage(t)
  const target = await service(() => versions(['v2.0', '/v2.0']))
  await assert.rejects(
    login({ authUrl: target.url }).getToken(session),
    (error) => error instanceof DiscoveryFailure && error.code === 'identity_v3_missing',
  )
  assert.deepEqual(paths(target.seen), ['GET /'])
})

test('What is no URL is refused before anything is sent, and not repeated', () => {
  for (const authUrl of ['', 'controller:5000', 'http://', 'secret']) {
    assert.throws(
      () => password({ authUrl, userId: 'u', password: 'p' }),
      (error) => error instanceof AuthorizationFailure && !error.message.includes('secret'),
    )
  }
})
