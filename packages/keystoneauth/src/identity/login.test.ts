import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { credentials, stage } from '../fixtures/stage.ts'
import { ConnectFailure, InvalidResponse, ServiceUnavailable, token, Unauthorized } from '../index.ts'

test('One login serves any number of concurrent callers', async (t) => {
  const { keystone, session, login } = await stage(t)
  const auth = login()
  const tokens = await Promise.all(Array.from({ length: 50 }, () => auth.getToken(session)))
  assert.equal(new Set(tokens).size, 1)
  assert.equal(keystone.logins, 1)
})

test('A failed login fails all who waited for it, and the next caller tries again', async (t) => {
  const { keystone, session, login } = await stage(t)
  keystone.loginFailure = { kind: 'status', status: 503, times: 1 }
  const auth = login()
  const results = await Promise.allSettled([auth.getToken(session), auth.getToken(session)])
  assert.deepEqual(
    results.map((result) => result.status),
    ['rejected', 'rejected'],
  )
  assert.equal(keystone.logins, 1)
  assert.ok(await auth.getToken(session))
})

test('A thousand callers whose token is refused at once lead to one new login', async (t) => {
  const { keystone, session, login, service } = await stage(t)
  const auth = login()
  const stale = await auth.getToken(session)
  const target = await service(({ headers }) => (headers['x-auth-token'] === stale ? 401 : 200))
  const answers = await Promise.all(Array.from({ length: 1000 }, () => session.get(target.url, { auth })))
  assert.ok(answers.every(({ status }) => status === 200))
  assert.equal(target.seen.length, 2000)
  assert.equal(keystone.logins, 2)
})

test('A late 401 of a token that was replaced since leaves the new one alone', async (t) => {
  const { keystone, session, login } = await stage(t)
  const auth = login()
  const headers = (await auth.getHeaders(session))!
  const refusal = { status: 401, headers, at: new Date() }
  assert.equal(auth.invalidate(refusal), true)
  const renewed = await auth.getToken(session)
  assert.equal(auth.invalidate(refusal), true, 'the caller may repeat with the new one')
  assert.equal(await auth.getToken(session), renewed)
  assert.equal(keystone.logins, 2)
})

test('A token of ten seconds is used for eight', async (t) => {
  const { keystone, session, login, clock } = await stage(t, { keystone: { login: { lifetime: 10 } } })
  const auth = login()
  await auth.getToken(session)
  clock.pass(7.9)
  await auth.getToken(session)
  assert.equal(keystone.logins, 1)
  clock.pass(0.2)
  await auth.getToken(session)
  assert.equal(keystone.logins, 2)
})

test('A token of an hour is renewed two minutes before its end', async (t) => {
  const { keystone, session, login, clock } = await stage(t)
  const auth = login()
  await auth.getToken(session)
  clock.pass(3600 - 121)
  await auth.getToken(session)
  assert.equal(keystone.logins, 1)
  clock.pass(2)
  await auth.getToken(session)
  assert.equal(keystone.logins, 2)
})

test('A clock two hours ahead of Keystone does not make each request log in', async (t) => {
  const { keystone, session, login } = await stage(t, {
    keystone: { now: () => new Date('2025-12-31T22:00:00Z') },
  })
  const auth = login()
  await auth.getToken(session)
  await auth.getToken(session)
  assert.equal(keystone.logins, 1)
})

test('While Keystone is away a token is used to its end, and Keystone is not asked each time', async (t) => {
  const { keystone, session, login, clock } = await stage(t)
  const auth = login()
  const held = await auth.getToken(session)
  keystone.loginFailure = { kind: 'status', status: 503 }
  clock.pass(3500)
  assert.equal(await auth.getToken(session), held)
  assert.equal(await auth.getToken(session), held)
  assert.equal(keystone.logins, 2)
  clock.pass(101)
  await assert.rejects(auth.getToken(session), ServiceUnavailable)
})

test('A refused renewal is told at once: the credentials are wrong by now', async (t) => {
  const { keystone, session, login, clock } = await stage(t)
  const auth = login()
  await auth.getToken(session)
  keystone.loginFailure = { kind: 'status', status: 401 }
  clock.pass(3500)
  await assert.rejects(auth.getToken(session), Unauthorized)
})

test('A login says who, how and for what', async (t) => {
  const { keystone, session, login } = await stage(t)
  await login({ includeCatalog: false }).getToken(session)
  const [call] = keystone.calls
  assert.equal(call?.path, '/v3/auth/tokens?nocatalog')
  assert.deepEqual(call?.body, {
    auth: {
      identity: {
        methods: ['password'],
        password: {
          user: { name: 'nova', domain: { id: 'default' }, password: 'very-secret-password' },
        },
      },
      scope: { project: { name: 'service', domain: { id: 'default' } } },
    },
  })
})

test('A token is exchanged for one of another scope that ends with it', async (t) => {
  const { keystone, session } = await stage(t)
  const first = keystone.issue({ lifetime: 100, userName: 'demo' })
  const auth = token({ authUrl: keystone.url, token: first.token, projectId: 'p' })
  const access = await auth.getAccess?.(session)
  assert.equal(access?.userId, 'id-user-demo')
  assert.equal(access?.data.expires_at, first.data.expires_at)
  assert.deepEqual(keystone.calls[0]?.body, {
    auth: {
      identity: { methods: ['token'], token: { id: first.token } },
      scope: { project: { id: 'p' } },
    },
  })
})

test('An answer that is no token is an error of its own, which quotes nothing', async (t) => {
  const { keystone, session, login } = await stage(t)
  keystone.loginFailure = { kind: 'broken-json', times: 1 }
  await assert.rejects(
    login().getToken(session),
    (error) => error instanceof InvalidResponse && !error.message.includes('{'),
  )
  keystone.loginFailure = { kind: 'status', status: 200, times: 1 }
  await assert.rejects(login().getToken(session), InvalidResponse)
  keystone.loginFailure = { kind: 'down', times: 2 } // once on the kept connection, once on a new one
  await assert.rejects(login().getToken(session), ConnectFailure)
})

test('A Keystone that repeats the request in its error does not get the password into ours', async (t) => {
  const { session, login, service } = await stage(t)
  const echo = await service(({ body }) => ({
    status: 400,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ error: { message: `cannot read ${body}` } }),
  }))
  await assert.rejects(login({ authUrl: `${echo.url}/v3` }).getToken(session), (error: Error) => {
    assert.match(error.message, /cannot read/)
    assert.doesNotMatch(
      `${inspect(error, { depth: 9, showHidden: true })} ${(error as Unauthorized).body}`,
      new RegExp(credentials.password),
    )
    return true
  })
})
