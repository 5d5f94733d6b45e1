import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { stage } from '../fixtures/stage.ts'
import {
  adminToken,
  applicationCredential,
  AuthorizationFailure,
  httpBasic,
  none,
  totp,
  Unauthorized,
  type AuthPlugin,
  type IdentityOptions,
} from '../index.ts'

const domain = { id: 'default' }
const logins: [string, (at: IdentityOptions) => AuthPlugin, object][] = [
  [
    'an application credential by its id',
    (at) => applicationCredential({ ...at, applicationCredentialId: 'c1', applicationCredentialSecret: 's' }),
    { methods: ['application_credential'], application_credential: { id: 'c1', secret: 's' } },
  ],
  [
    'an application credential by its name and user',
    (at) =>
      applicationCredential({
        ...at,
        applicationCredentialName: 'backup',
        applicationCredentialSecret: 's',
        username: 'demo',
        userDomainId: 'default',
      }),
    {
      methods: ['application_credential'],
      application_credential: { name: 'backup', secret: 's', user: { name: 'demo', domain } },
    },
  ],
  [
    'a one-time passcode',
    (at) => totp({ ...at, userId: 'u1', passcode: () => '123456' }),
    { methods: ['totp'], totp: { user: { id: 'u1', passcode: '123456' } } },
  ],
]
for (const [what, plugin, identity] of logins) {
  test(`Logs in with ${what}`, async (t) => {
    const { keystone, session } = await stage(t)
    await plugin({ authUrl: keystone.url }).getToken(session)
    assert.deepEqual(keystone.calls[0]?.body, { auth: { identity } })
  })
}

test('Every login by a function gets a passcode of its own, and renews itself', async (t) => {
  const { keystone, session, clock } = await stage(t)
  let code = 100_000
  const auth = totp({ authUrl: keystone.url, userId: 'u1', passcode: async () => String(code++) })
  await auth.getToken(session)
  clock.pass(3500)
  await auth.getToken(session)
  const codes = keystone.calls.map(({ body }) => /"passcode":"(\d+)"/.exec(JSON.stringify(body))?.[1])
  assert.deepEqual(codes, ['100000', '100001'])
})

test('The token of a passcode that is good once is used to its end, where the original fails ahead of it', async (t) => {
  const { keystone, session, clock } = await stage(t)
  const auth = totp({ authUrl: keystone.url, userId: 'u1', passcode: '123456' })
  const held = await auth.getToken(session)
  keystone.loginFailure = { kind: 'status', status: 401 }
  clock.pass(3599)
  assert.equal(await auth.getToken(session), held)
  clock.pass(2)
  await assert.rejects(auth.getToken(session), Unauthorized)
})

const refused: [string, () => unknown][] = [
  [
    'an application credential with a scope',
    () =>
      applicationCredential({
        authUrl: 'http://k/v3',
        applicationCredentialId: 'c1',
        applicationCredentialSecret: 's',
        projectId: 'p',
      }),
  ],
  [
    'an application credential without id and name',
    () => applicationCredential({ authUrl: 'http://k/v3', applicationCredentialSecret: 's' }),
  ],
  [
    'an application credential by name without its user',
    () =>
      applicationCredential({
        authUrl: 'http://k/v3',
        applicationCredentialName: 'n',
        applicationCredentialSecret: 's',
      }),
  ],
  ['a passcode without a user', () => totp({ authUrl: 'http://k/v3', passcode: '1' })],
  ['a user name that HTTP Basic cannot carry', () => httpBasic({ username: 'a:b', password: 'c' })],
]
for (const [what, make] of refused) {
  test(`${what} is refused before anything is sent`, () => {
    assert.throws(make, AuthorizationFailure)
  })
}

test('Without Keystone there is one endpoint for everything, and the same headers always', async (t) => {
  const { session, service } = await stage(t)
  const target = await service(() => 401)
  const endpoint = target.url
  const plugins = [
    none({ endpoint }),
    adminToken({ endpoint, token: 'an-admin-token' }),
    httpBasic({ endpoint, username: 'ironic', password: 'pässword' }),
  ]
  for (const auth of plugins) {
    await session.get('/v1/nodes', { auth, endpointFilter: { serviceType: 'baremetal' }, raiseExc: false })
  }
  const basic = `Basic ${Buffer.from('ironic:pässword').toString('base64')}`
  assert.deepEqual(
    target.seen.map(({ path, headers }) => [path, headers['x-auth-token'], headers['authorization']]),
    [
      ['/v1/nodes', 'notused', undefined],
      ['/v1/nodes', 'an-admin-token', undefined],
      ['/v1/nodes', undefined, basic],
    ],
  )
})

test('No error repeats a password of HTTP Basic, also without the word before it', async (t) => {
  const { session, service } = await stage(t)
  const echo = await service(({ headers }) => ({
    status: 403,
    body: String(headers['authorization']).slice('Basic '.length),
  }))
  const auth = httpBasic({ username: 'u', password: 'very-secret' })
  await assert.rejects(session.get(echo.url, { auth }), { message: '***' })
})

test('A login can be kept between runs, without showing itself elsewhere', async (t) => {
  const { keystone, session, login, clock } = await stage(t)
  const first = login()
  const token = await first.getToken(session)
  const state = first.getAuthState?.()
  assert.equal((JSON.parse(state!) as { contains_secret: boolean }).contains_secret, true)
  clock.pass(1000)
  const second = login()
  second.setAuthState?.(state)
  assert.equal(await second.getToken(session), token)
  assert.equal(keystone.logins, 1)
  clock.pass(2500)
  assert.notEqual(
    await second.getToken(session),
    token,
    'its margin counts from the login, not from the restoring',
  )
  second.setAuthState?.(undefined)
  assert.equal(second.getAuthState?.(), undefined)
  assert.throws(() => second.setAuthState?.('{"auth_token": "abc"}'), { code: 'option_error' })
  assert.throws(() => second.setAuthState?.('not json'), { code: 'option_error' })
})

test('A state that the original has stored is understood', async (t) => {
  const { keystone, session, login } = await stage(t)
  const { token, data } = keystone.issue()
  const auth = login()
  auth.setAuthState?.(JSON.stringify({ auth_token: token, body: { token: data } }))
  assert.equal(await auth.getToken(session), token)
  assert.equal(keystone.logins, 0)
})

test('An access shows its token to nobody who does not ask for it', async (t) => {
  const { session, login } = await stage(t)
  const auth = login()
  const access = await auth.getAccess?.(session)
  const shown = `${inspect(access, { depth: 9, showHidden: true })} ${JSON.stringify(access)}`
  assert.doesNotMatch(shown, new RegExp(access!.token))
  assert.match(shown, /expires_at/)
})
