import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { stage } from './fixtures/stage.ts'
import {
  AuthorizationFailure,
  contextAuth,
  serviceTokenAuth,
  Unauthorized,
  type AuthPlugin,
} from './index.ts'
import type { Answer, Seen } from './testing/index.ts'

const user = (token = 'user-token') => contextAuth({ token })

/** A service whose service token was obtained a minute ago. */
async function settled(t: TestContext, answer: (request: Seen) => Answer) {
  const set = await stage(t)
  const service = set.login()
  const target = await set.service(answer)
  const asUser = (plugin: AuthPlugin) => serviceTokenAuth({ user: plugin, service })
  const first = await asUser(user('first')).getHeaders(set.session)
  set.clock.pass(60)
  return { ...set, service, target, asUser, firstToken: first!['X-Service-Token']! }
}

test('Both tokens are sent', async (t) => {
  const { session, login, service } = await stage(t)
  const target = await service(() => 200)
  const own = login()
  await session.get(target.url, { auth: serviceTokenAuth({ user: user(), service: own }) })
  assert.equal(target.seen[0]?.headers['x-auth-token'], 'user-token')
  assert.equal(target.seen[0]?.headers['x-service-token'], await own.getToken(session))
})

test('The request is not sent when the service token cannot be had', async (t) => {
  const { keystone, session, login, service } = await stage(t)
  const target = await service(() => 200)
  keystone.loginFailure = { kind: 'status', status: 401 }
  const refused = serviceTokenAuth({ user: user(), service: login() })
  await assert.rejects(session.get(target.url, { auth: refused }), Unauthorized)
  const none = serviceTokenAuth({ user: user(), service: contextAuth({ token: undefined }) })
  await assert.rejects(session.get(target.url, { auth: none }), AuthorizationFailure)
  assert.equal(target.seen.length, 0)
})

test('A service token alone is not sent', async (t) => {
  const { session, login, service } = await stage(t)
  const target = await service(() => 200)
  const auth = serviceTokenAuth({ user: contextAuth({ token: undefined }), service: login() })
  await assert.rejects(session.get(target.url, { auth }), AuthorizationFailure)
  assert.equal(target.seen.length, 0)
})

test('A service token that is refused is renewed and the request repeated', async (t) => {
  const stale: { token?: string } = {}
  const { keystone, session, target, asUser, firstToken } = await settled(t, ({ headers }) =>
    headers['x-service-token'] === stale.token ? 401 : 200,
  )
  stale.token = firstToken
  const answer = await session.get(target.url, { auth: asUser(user()) })
  assert.equal(answer.status, 200)
  assert.equal(keystone.logins, 2)
})

test('Concurrent requests of one user all survive the renewal of the service token', async (t) => {
  const stale: { token?: string } = {}
  const { keystone, session, target, asUser, firstToken } = await settled(t, ({ headers }) =>
    headers['x-service-token'] === stale.token ? 401 : 200,
  )
  stale.token = firstToken
  const auth = () => asUser(user())
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => session.get(target.url, { auth: auth() })),
  )
  assert.ok(answers.every(({ status }) => status === 200))
  assert.equal(keystone.logins, 2)
})

test('A thousand users whose requests meet a refused service token cost one service login', async (t) => {
  const { keystone, session, target, asUser, firstToken } = await settled(t, ({ headers }) =>
    headers['x-service-token'] === firstToken ? 401 : 200,
  )
  const users = Array.from({ length: 1000 }, (_, index) => asUser(user(`user-${index}`)))
  const answers = await Promise.all(users.map((auth) => session.get(target.url, { auth })))
  assert.ok(answers.every(({ status }) => status === 200))
  assert.equal(keystone.logins, 2)
})

test('A user token that is refused again and again costs one service login a minute', async (t) => {
  const { keystone, session, target, asUser, clock } = await settled(t, () => 401)
  for (let count = 0; count < 20; count++) {
    await assert.rejects(session.get(target.url, { auth: asUser(user('revoked')) }), Unauthorized)
    clock.pass(2)
  }
  assert.equal(keystone.logins, 2)
  clock.pass(60)
  await assert.rejects(session.get(target.url, { auth: asUser(user('revoked')) }), Unauthorized)
  assert.equal(keystone.logins, 3)
})

test('Many refused user tokens together cost one service login in five seconds', async (t) => {
  const { keystone, session, target, asUser } = await settled(t, () => 401)
  for (let count = 0; count < 20; count++) {
    await assert.rejects(session.get(target.url, { auth: asUser(user(`revoked-${count}`)) }), Unauthorized)
  }
  assert.equal(keystone.logins, 2)
})

test('A request is sent twice at most', async (t) => {
  const { session, target, asUser } = await settled(t, () => 401)
  await assert.rejects(session.get(target.url, { auth: asUser(user()) }), Unauthorized)
  assert.equal(target.seen.length, 2)
})

const challenge = (reason: string, serviceReason?: string): Answer => {
  const also = serviceReason ? `, service_error="${serviceReason}"` : ''
  return {
    status: 401,
    headers: { 'WWW-Authenticate': `Keystone uri="http://k/v3", error="${reason}"${also}` },
  }
}

test('A challenge that names the user token leaves the service token alone', async (t) => {
  const { keystone, session, target, asUser } = await settled(t, () => challenge('user_token_expired'))
  await assert.rejects(session.get(target.url, { auth: asUser(user()) }), Unauthorized)
  assert.equal(target.seen.length, 1)
  assert.equal(keystone.logins, 1)
})

test('A challenge that names the service token leaves a renewable user token alone', async (t) => {
  const { keystone, session, login, target, asUser } = await settled(t, () =>
    challenge('service_token_unknown'),
  )
  const renewable = login({ username: 'demo' })
  const before = await renewable.getToken(session)
  await assert.rejects(session.get(target.url, { auth: asUser(renewable) }), Unauthorized)
  assert.equal(await renewable.getToken(session), before)
  assert.equal(keystone.logins, 3, 'the service, the user, the service again')
})

test('An expired user token that a refused service token did not save passes with a new one', async (t) => {
  const { keystone, session, target, asUser, firstToken } = await settled(t, ({ headers }) =>
    headers['x-service-token'] === firstToken
      ? challenge('user_token_expired', 'service_token_unknown')
      : { status: 200 },
  )
  const answer = await session.get(target.url, { auth: asUser(user()) })
  assert.equal(answer.status, 200)
  assert.equal(keystone.logins, 2)
})

test('A user token whose refusals name both tokens costs one service login a minute', async (t) => {
  const { keystone, session, target, asUser, clock } = await settled(t, () =>
    challenge('user_token_expired', 'service_token_role_missing'),
  )
  for (let count = 0; count < 5; count++) {
    await assert.rejects(session.get(target.url, { auth: asUser(user()) }), Unauthorized)
    clock.pass(8)
  }
  assert.equal(keystone.logins, 2)
})

test('A service token from before the clock was set back is renewed when it is refused', async (t) => {
  const { keystone, session, target, asUser, clock, firstToken } = await settled(t, ({ headers }) =>
    headers['x-service-token'] === firstToken ? 401 : 200,
  )
  clock.pass(-3600)
  await session.get(target.url, { auth: asUser(user()) })
  assert.equal(keystone.logins, 2)
})

test('Endpoints, discovery, ids and access are those of the user', async (t) => {
  const { keystone, session, login } = await stage(t)
  const renewable = login()
  const auth = serviceTokenAuth({ user: renewable, service: contextAuth({ token: 'service-token' }) })
  const identity = { serviceType: 'identity', interface: 'internal' }
  assert.equal(await auth.getToken(session), await renewable.getToken(session))
  assert.equal(await auth.getEndpoint(session, identity), keystone.url)
  assert.equal((await auth.getEndpointData?.(session, identity))?.version?.id, 'v3.14')
  assert.equal((await auth.getAccess?.(session))?.username, 'middleware')
  assert.equal(await auth.getUserId(session), 'id-user-middleware')
  assert.equal(await auth.getProjectId(session), 'id-project-service')
})
