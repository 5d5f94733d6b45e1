import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Config } from '@longhaul/oslo-config'
import { stage } from '../fixtures/stage.ts'
import {
  loadAuthFromConfOptions,
  MissingRequiredOptions,
  OptionError,
  registerAuthConfOptions,
} from '../index.ts'

const section = (url: string) => `auth_url = ${url}
username = nova
password = a;b#c
user_domain_name = Default
project_name = service
project_domain_name = Default
`
const loginBody = {
  auth: {
    identity: {
      methods: ['password'],
      password: { user: { name: 'nova', domain: { name: 'Default' }, password: 'a;b#c' } },
    },
    scope: { project: { name: 'service', domain: { name: 'Default' } } },
  },
}

for (const type of ['password', 'v3password']) {
  test(`auth_type = ${type} logs in with what the section says`, async (t) => {
    const { keystone, session } = await stage(t)
    const conf = Config.parse(`[nova]\nauth_type = ${type}\n${section(keystone.url)}`)
    registerAuthConfOptions(conf, 'nova')
    await loadAuthFromConfOptions(conf, 'nova')?.getToken(session)
    assert.deepEqual(keystone.calls[0]?.body, loginBody)
  })
}

for (const type of ['token', 'v3token']) {
  test(`auth_type = ${type} exchanges the token of the section`, async (t) => {
    const { keystone, session } = await stage(t)
    const conf = Config.parse(
      `[x]\nauth_type = ${type}\nauth_url = ${keystone.url}\ntoken = tok\nproject_id = p\n`,
    )
    await loadAuthFromConfOptions(conf, 'x')?.getToken(session)
    assert.deepEqual(keystone.calls[0]?.body, {
      auth: {
        identity: { methods: ['token'], token: { id: 'tok' } },
        scope: { project: { id: 'p' } },
      },
    })
  })
}

test('Older option names are understood, and told', async (t) => {
  const { keystone, session } = await stage(t)
  const old = section(keystone.url)
    .replace('username', 'user_name')
    .replace('project_name', 'tenant_name')
    .replaceAll('user_domain_name', 'default_domain_name')
  const conf = Config.parse(`[x]\nauth_plugin = password\n${old}`)
  await loadAuthFromConfOptions(conf, 'x')?.getToken(session)
  assert.deepEqual(keystone.calls[0]?.body, loginBody)
  assert.equal(conf.warnings.length, 3)
})

test('With auth_section everything comes from there, nothing from the section itself', async (t) => {
  const { keystone, session } = await stage(t)
  const conf = Config.parse(
    `[x]\nauth_section = creds\nauth_type = magic\nproject_id = other\n[creds]\nauth_type = password\n${section(keystone.url)}`,
  )
  await loadAuthFromConfOptions(conf, 'x')?.getToken(session)
  assert.deepEqual(keystone.calls[0]?.body, loginBody)
})

test('How a login is kept is for the program to say', async (t) => {
  const { keystone, session, clock } = await stage(t)
  const conf = Config.parse(`[x]\nauth_type = password\n${section(keystone.url)}`)
  const auth = loadAuthFromConfOptions(conf, 'x', { reauthenticate: false })
  const token = await auth?.getToken(session)
  clock.pass(7200)
  assert.equal(await auth?.getToken(session), token)
})

test('Without auth_type there is no plugin', () => {
  assert.equal(loadAuthFromConfOptions(Config.parse('[x]\nusername = u\n'), 'x'), undefined)
})

const incomplete: [string, string[]][] = [
  ['auth_type = password', ['auth_url', 'password', 'username or user_id']],
  [
    'auth_type = v3password\nusername = u\nproject_name = p\npassword =',
    [
      'auth_url',
      'password',
      'user_domain_name or user_domain_id',
      'project_domain_name or project_domain_id',
    ],
  ],
  ['auth_type = token\nauth_url = http://k', ['token']],
  [
    'auth_type = v3multifactor\nauth_url = http://k\nauth_methods = v3applicationcredential,v3token',
    ['token', 'application_credential_secret', 'application_credential_id or application_credential_name'],
  ],
  [
    'auth_type = v3multifactor\nauth_url = http://k\nauth_methods = v3applicationcredential\napplication_credential_secret = s\napplication_credential_name = c',
    ['username or user_id'],
  ],
]
for (const [text, missing] of incomplete) {
  test(`All that is missing beside ${JSON.stringify(text)} is named at once, with file and section`, () => {
    assert.throws(
      () => loadAuthFromConfOptions(Config.parse(`[x]\n${text}\n`, 'nova.conf'), 'x'),
      (error) => {
        assert.ok(error instanceof MissingRequiredOptions)
        assert.deepEqual(error.missing, missing)
        assert.match(error.message, /nova\.conf:2: \[x\]/)
        return missing.every((name) => error.message.includes(name))
      },
    )
  })
}

test('What is missing is told with every name and file, beside all that is wrong', () => {
  const conf = Config.parse(
    '[x]\nauth_type = password\nauth_url = nonsense\nproject_id = p\ndomain_id = d\nsystem_scope = some\n',
    'nova.conf',
  )
  assert.throws(
    () => loadAuthFromConfOptions(conf, 'x'),
    (error) => {
      assert.ok(error instanceof MissingRequiredOptions)
      assert.deepEqual(error.missing, ['password', 'username or user_id'])
      assert.deepEqual(error.lookedFor.get('username'), [
        '[x] username in nova.conf',
        '[x] user_name in nova.conf',
      ])
      const [url, scopes, system] = error.wrong
      assert.match(url ?? '', /^nova\.conf:3: \[x\] auth_url/)
      assert.match(scopes ?? '', /^project_id, domain_id, system_scope exclude/)
      assert.match(system ?? '', /^system_scope/)
      return error.wrong.every((sentence) => error.message.includes(sentence))
    },
  )
})

const others: [string, string, object][] = [
  [
    'v3applicationcredential',
    'application_credential_id = c\napplication_credential_secret = s',
    { methods: ['application_credential'], application_credential: { id: 'c', secret: 's' } },
  ],
  [
    'v3totp',
    'user_id = u\npasscode = 123456',
    { methods: ['totp'], totp: { user: { id: 'u', passcode: '123456' } } },
  ],
  [
    'v3multifactor',
    'auth_methods = v3password, v3token\nuser_id = u\npassword = p\ntoken = t',
    { methods: ['password', 'token'], password: { user: { id: 'u', password: 'p' } }, token: { id: 't' } },
  ],
  [
    'v3multifactor',
    'auth_methods = v3applicationcredential, v3totp\nusername = u\nuser_domain_id = d\npasscode = 1\napplication_credential_name = c\napplication_credential_secret = s',
    {
      methods: ['application_credential', 'totp'],
      application_credential: { name: 'c', user: { name: 'u', domain: { id: 'd' } }, secret: 's' },
      totp: { user: { name: 'u', domain: { id: 'd' }, passcode: '1' } },
    },
  ],
]
for (const [type, options, identity] of others) {
  test(`auth_type = ${type} logs in with what the section says`, async (t) => {
    const { keystone, session } = await stage(t)
    const conf = Config.parse(`[x]\nauth_type = ${type}\nauth_url = ${keystone.url}\n${options}\n`)
    await loadAuthFromConfOptions(conf, 'x')?.getToken(session)
    assert.deepEqual(keystone.calls[0]?.body, { auth: { identity } })
  })
}

for (const [type, options, header] of [
  ['none', '', { 'X-Auth-Token': 'notused' }],
  ['http_basic', 'user_name = u\npassword = p', { Authorization: 'Basic dTpw' }],
  ['admin_token', 'token = t\nurl = http://ironic', { 'X-Auth-Token': 't' }],
] as const) {
  test(`auth_type = ${type} goes without Keystone`, async (t) => {
    const { session } = await stage(t)
    const auth = loadAuthFromConfOptions(Config.parse(`[x]\nauth_type = ${type}\n${options}\n`), 'x')
    assert.deepEqual(await auth?.getHeaders(session), header)
  })
}

for (const [type, options] of [
  [
    'v3oidcclientcredentials',
    'client_id = c\nclient_secret = s\ndiscovery_endpoint = http://idp/.well-known',
  ],
  ['v3oidcpassword', 'client_id = c\nusername = u\npassword = p\naccess_token_endpoint = http://idp/token'],
  ['v3oidcaccesstoken', 'access_token = a'],
  ['v3oauth2clientcredential', 'oauth2_endpoint = http://o\noauth2_client_id = c\noauth2_client_secret = s'],
] as const) {
  test(`auth_type = ${type} is known, and needs no more than its options`, () => {
    const provider = 'auth_url = http://k/v3\nidentity_provider = i\nprotocol = openid\n'
    const conf = Config.parse(`[x]\nauth_type = ${type}\n${provider}${options}\n`)
    assert.ok(loadAuthFromConfOptions(conf, 'x'))
    const bare = Config.parse(`[x]\nauth_type = ${type}\n`)
    assert.throws(() => loadAuthFromConfOptions(bare, 'x'), MissingRequiredOptions)
  })
}

test('idp_otp_key names what the passcode of the program is sent as', async (t) => {
  const { keystone, session, service } = await stage(t)
  const provider = await service(() => ({ status: 200, body: '{"access_token": "a"}' }))
  const conf = Config.parse(
    `[x]\nauth_type = v3oidcpassword\nauth_url = ${keystone.url}\nidentity_provider = i\nprotocol = p\nclient_id = c\nusername = u\npassword = pw\naccess_token_endpoint = ${provider.url}\nidp_otp_key = totp\n`,
  )
  await loadAuthFromConfOptions(conf, 'x', { otp: () => '123456' })?.getToken(session)
  assert.match(provider.seen[0]?.body ?? '', /^grant_type=password&username=u&password=pw&totp=123456&/)
})

const wrong: [string, string][] = [
  [
    'an application credential with a scope',
    'auth_type = v3applicationcredential\nauth_url = http://k/v3\napplication_credential_id = c\napplication_credential_secret = secret\nproject_id = p',
  ],
  [
    'an unknown method',
    'auth_type = v3multifactor\nauth_url = http://k/v3\nauth_methods = v3password,magic\nuser_id = u\npassword = secret',
  ],
  [
    'an application credential with a scope among the methods',
    'auth_type = v3multifactor\nauth_url = http://k/v3\nauth_methods = v3applicationcredential\napplication_credential_id = c\napplication_credential_secret = secret\nproject_id = p',
  ],
  [
    'a one-time passcode that nobody gives',
    'auth_type = v3oidcpassword\nauth_url = http://k/v3\nidentity_provider = i\nprotocol = p\nclient_id = c\nusername = u\npassword = secret\naccess_token_endpoint = http://idp\nidp_otp_key = totp',
  ],
  ['an unknown auth_type', 'auth_type = magic'],
  ['a name that every object has', 'auth_type = constructor'],
  [
    'two scopes',
    'auth_type = v3token\nauth_url = http://k/v3\ntoken = secret\nproject_id = p\ndomain_id = d',
  ],
  [
    'an unknown system scope',
    'auth_type = v3token\nauth_url = http://k/v3\ntoken = secret\nsystem_scope = x',
  ],
]
for (const [what, text] of wrong) {
  test(`${what} is refused with file and section, without the secret`, () => {
    assert.throws(
      () => loadAuthFromConfOptions(Config.parse(`[x]\n${text}\n`, 'nova.conf'), 'x'),
      (error) =>
        error instanceof OptionError &&
        /nova\.conf:2: \[x\]/.test(error.message) &&
        !/secret/.test(error.message),
    )
  })
}
