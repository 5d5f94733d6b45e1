import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { inspect } from 'node:util'
import { stage } from '../fixtures/stage.ts'
import {
  AuthorizationFailure,
  HttpError,
  InvalidResponse,
  oauth2ClientCredential,
  oidcAccessToken,
  oidcClientCredentials,
  oidcPassword,
} from '../index.ts'
import type { Answer, Seen } from '../testing/index.ts'

const at = { identityProvider: 'my idp', protocol: 'openid' }
const client = { clientId: 'an id', clientSecret: 'se:cret/1' }
const json = (body: object): Answer => ({
  status: 200,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
})

/** A provider with a discovery document and a token endpoint. */
async function provider(
  t: TestContext,
  more: { document?: object; answer?: (request: Seen) => Answer } = {},
) {
  const scene = await stage(t)
  const idp = await scene.service((request) =>
    request.path === '/.well-known'
      ? json({ token_endpoint: `${idp.url}/token`, ...more.document })
      : (more.answer?.(request) ?? json({ access_token: 'idp-token', id_token: 'who-i-am' })),
  )
  const discoveryEndpoint = `${idp.url}/.well-known`
  const options = { authUrl: scene.keystone.url, ...at, ...client, discoveryEndpoint }
  return { ...scene, idp, options }
}

test('A client logs in at its provider, then at Keystone, then asks for its scope', async (t) => {
  const { keystone, session, idp, options } = await provider(t)
  const auth = oidcClientCredentials({ ...options, projectId: 'p' })
  const token = await auth.getToken(session)
  const asked = idp.seen[1]
  assert.deepEqual([asked?.method, asked?.path], ['POST', '/token'])
  assert.equal(asked?.body, 'grant_type=client_credentials&scope=openid+profile')
  const pair = Buffer.from('an+id:se%3Acret%2F1').toString('base64')
  assert.equal(asked?.headers['authorization'], `Basic ${pair}`)
  const [federated, rescoped] = keystone.calls
  assert.equal(federated?.path, '/v3/OS-FEDERATION/identity_providers/my%20idp/protocols/openid/auth')
  assert.equal(federated?.headers['authorization'], 'Bearer idp-token')
  const { auth: body } = rescoped!.body as {
    auth: { identity: { methods: string[]; token: { id: string } }; scope: object }
  }
  assert.deepEqual([body.identity.methods, body.scope], [['token'], { project: { id: 'p' } }])
  assert.notEqual(body.identity.token.id, token)
})

test('Without a scope the federated token is the token', async (t) => {
  const { keystone, session, options } = await provider(t)
  const access = await oidcClientCredentials(options).getAccess?.(session)
  assert.equal(keystone.calls.length, 1)
  assert.deepEqual([access?.projectId, access?.data.methods], [undefined, ['mapped']])
})

test('A user logs in at a provider; endpoint, scope and kind of token can be said', async (t) => {
  const { keystone, session, idp, options } = await provider(t)
  const { discoveryEndpoint: _, ...rest } = options
  const auth = oidcPassword({
    ...rest,
    accessTokenEndpoint: `${idp.url}/other`,
    accessTokenType: 'id_token',
    openidScope: 'openid email',
    username: 'me',
    password: 'very-secret',
  })
  await auth.getToken(session)
  assert.equal(idp.seen[0]?.path, '/other')
  assert.equal(idp.seen[0]?.body, 'grant_type=password&username=me&password=very-secret&scope=openid+email')
  assert.equal(keystone.calls[0]?.headers['authorization'], 'Bearer who-i-am')
})

test('A one-time passcode is asked for at each login, goes along under its name, and no error repeats it', async (t) => {
  let refuses = false
  const { session, clock, idp, options } = await provider(t, {
    answer: ({ body }) =>
      refuses
        ? { status: 400, body: JSON.stringify({ error: 'invalid_grant', error_description: `not ${body}` }) }
        : json({ access_token: 'idp-token' }),
  })
  let count = 0
  const user = { ...options, username: 'me', password: 'very-secret', idpOtpKey: 'totp' }
  const auth = oidcPassword({ ...user, otp: async () => `passcode-${++count}` })
  await Promise.all([auth.getToken(session), auth.getToken(session)])
  clock.pass(3500)
  await auth.getToken(session)
  const sent = idp.seen.flatMap(({ path, body }) => (path === '/token' ? [new URLSearchParams(body)] : []))
  assert.deepEqual(
    sent.map((form) => [form.get('password'), form.get('totp')]),
    [
      ['very-secret', 'passcode-1'],
      ['very-secret', 'passcode-2'],
    ],
  )
  refuses = true
  auth.invalidate()
  await assert.rejects(auth.getToken(session), (error) => {
    assert.ok(error instanceof HttpError)
    assert.doesNotMatch(inspect(error), /very-secret|passcode-3/)
    return true
  })
  assert.throws(() => oidcPassword(user), AuthorizationFailure)
})

test('A public client names itself in the body, and so does one whose provider takes no header', async (t) => {
  const document = { token_endpoint_auth_methods_supported: ['client_secret_post'] }
  const { session, idp, options } = await provider(t, { document })
  const { clientSecret: _, ...open } = options
  await oidcClientCredentials(open).getToken(session)
  await oidcClientCredentials(options).getToken(session)
  const bodies = idp.seen.filter(({ path }) => path === '/token').map(({ body }) => body)
  const start = 'grant_type=client_credentials&scope=openid+profile&client_id=an+id'
  assert.deepEqual(bodies, [start, `${start}&client_secret=se%3Acret%2F1`])
  assert.equal(
    idp.seen.some(({ headers }) => headers['authorization']),
    false,
  )
})

test('An access token from elsewhere is shown as it is, or asked for at each login', async (t) => {
  const { keystone, session, clock } = await stage(t)
  let count = 0
  const accessToken = () => `from-elsewhere-${++count}`
  const auth = oidcAccessToken({ authUrl: keystone.url, ...at, accessToken })
  await auth.getToken(session)
  clock.pass(3500)
  await auth.getToken(session)
  assert.deepEqual(
    keystone.calls.map(({ headers }) => headers['authorization']),
    ['Bearer from-elsewhere-1', 'Bearer from-elsewhere-2'],
  )
})

test('A refusal of the provider is told in its words, without what was sent', async (t) => {
  const { session, options } = await provider(t, {
    answer: ({ body, headers }) => ({
      status: 400,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        error: 'invalid_grant',
        error_description: `bad: ${body} ${String(headers['authorization'])}`,
      }),
    }),
  })
  const auth = oidcPassword({ ...options, username: 'me', password: 'very secret&' })
  await assert.rejects(auth.getToken(session), (error) => {
    assert.ok(error instanceof HttpError)
    assert.match(error.message, /^bad: grant_type=password/)
    assert.doesNotMatch(`${inspect(error)} ${error.body}`, /very.secret|se.{1,3}cret|YW4raWQ6/)
    return true
  })
})

const wrong: [string, object, object, new (...all: never[]) => Error][] = [
  ['has no such grant', { grant_types_supported: ['implicit'] }, {}, AuthorizationFailure],
  ['names no token endpoint', { token_endpoint: null }, {}, InvalidResponse],
  ['gives no access token', {}, { nothing: true }, InvalidResponse],
]
for (const [what, document, answer, error] of wrong) {
  test(`A provider that ${what} ends the login`, async (t) => {
    const { keystone, session, options } = await provider(t, { document, answer: () => json(answer) })
    await assert.rejects(oidcClientCredentials(options).getToken(session), error)
    assert.equal(keystone.calls.length, 0)
  })
}

test('Without any endpoint of a provider there is no plugin', () => {
  assert.throws(
    () => oidcClientCredentials({ authUrl: 'http://k/v3', ...at, ...client }),
    AuthorizationFailure,
  )
})

test('An OAuth 2.0 access token goes beside the token, is kept for its life, and dropped when refused', async (t) => {
  const { keystone, session, clock, service } = await stage(t)
  let issued = 0
  const gateway = await service(() => json({ access_token: `bearer-${++issued}`, expires_in: 100 }))
  const target = await service(({ headers }) => (headers['authorization'] === 'Bearer bearer-2' ? 401 : 200))
  const auth = oauth2ClientCredential({
    authUrl: keystone.url,
    oauth2Endpoint: gateway.url,
    oauth2ClientId: 'c1',
    oauth2ClientSecret: 'p@ss/w+rd=1 %3A',
  })
  await Promise.all([session.get(target.url, { auth }), session.get(target.url, { auth })])
  assert.equal(gateway.seen.length, 1)
  assert.equal(gateway.seen[0]?.body, 'grant_type=client_credentials')
  const [, basic = ''] = gateway.seen[0].headers.authorization!.split(' ')
  assert.equal(Buffer.from(basic, 'base64').toString(), 'c1:p@ss/w+rd=1 %3A', 'Keystone decodes no more')
  clock.pass(81)
  await session.get(target.url, { auth })
  const sent = target.seen.map(({ headers }) => headers['authorization'])
  assert.deepEqual(sent, ['Bearer bearer-1', 'Bearer bearer-1', 'Bearer bearer-2', 'Bearer bearer-3'])
  assert.ok(target.seen.every(({ headers }) => headers['x-auth-token']))
  assert.deepEqual(keystone.calls[0]?.body, {
    auth: {
      identity: {
        methods: ['application_credential'],
        application_credential: { id: 'c1', secret: 'p@ss/w+rd=1 %3A' },
      },
    },
  })
})
