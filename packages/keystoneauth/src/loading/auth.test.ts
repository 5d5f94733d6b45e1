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

const wrong: [string, string][] = [
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
