import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MissingRequiredOptions } from '@longhaul/keystoneauth'
import { Config, ConfigError, describeProblem } from '@longhaul/oslo-config'
import { authTokenFromConfig } from './config.ts'
import { startLab } from './fixtures/lab.ts'
import { authTokenOptions } from './options.ts'

const credentials = `auth_type = password
auth_url = http://127.0.0.1:9/identity/v3
username = glance
password = secret
user_domain_id = default
project_name = service
project_domain_id = default
`
const section = (more: string) => Config.parse(`[keystone_authtoken]\n${credentials}${more}`)

describe('[keystone_authtoken]', () => {
  it('takes every option of the original', async () => {
    const values: Record<string, string> = {
      www_authenticate_uri: 'http://keystone:5000',
      cafile: '',
      certfile: '',
      keyfile: '',
      memcached_servers: '127.0.0.1:11211',
      memcache_security_strategy: 'MAC',
    }
    const texts: Record<string, string> = {
      integer: '5',
      boolean: 'false',
      list: 'a,b',
      uri: 'http://k',
      string: 'x',
    }
    const written = Object.entries(authTokenOptions).map(
      ([name, { type }]) => `${name} = ${values[name] ?? texts[type]}`,
    )
    const authToken = authTokenFromConfig(section(written.join('\n')))
    assert.equal(authToken.challenge, 'Keystone uri="http://keystone:5000"')
    await authToken.close()
  })

  it('takes the old names and warns', async () => {
    const conf = section('auth_uri = http://old:5000\nmemcache_servers = 127.0.0.1:11211')
    const authToken = authTokenFromConfig(conf)
    assert.equal(authToken.challenge, 'Keystone uri="http://old:5000"')
    assert.equal(conf.warnings.length, 2)
    await authToken.close()
  })

  it('sends clients to auth_url when www_authenticate_uri is not set, also from another section', async () => {
    const own = authTokenFromConfig(section(''))
    assert.equal(own.challenge, 'Keystone uri="http://127.0.0.1:9/identity/v3"')
    await own.close()
    const conf = Config.parse(`[keystone_authtoken]\nauth_section = keystone\n[keystone]\n${credentials}`)
    const other = authTokenFromConfig(conf)
    assert.equal(other.challenge, 'Keystone uri="http://127.0.0.1:9/identity/v3"')
    await other.close()
  })

  it('is wrong without credentials', () => {
    assert.throws(() => authTokenFromConfig(Config.parse('[keystone_authtoken]\n')), {
      code: 'config_invalid',
      message: /auth_type/,
    })
  })

  it('looks for the auth type in the section that auth_section names', () => {
    const text = '[keystone_authtoken]\nauth_section = other\nauth_type = password\n[other]\n'
    assert.throws(() => authTokenFromConfig(Config.parse(text, 'a.conf')), {
      code: 'config_invalid',
      message: /^\[other\] auth_type: is not set/,
    })
  })

  it('tells an auth type at fault beside all else', () => {
    const text = '[keystone_authtoken]\nauth_type = $x\ntoken_cache_time = soon'
    assert.throws(
      () => authTokenFromConfig(Config.parse(text)),
      (error: ConfigError) => error.problems.length === 2,
    )
  })

  it('tells a value at fault once', () => {
    const text = 'memcached_servers = a:1\nmemcache_security_strategy = MAC\nmemcache_secret_key = ab$cd'
    assert.throws(
      () => authTokenFromConfig(section(text)),
      (error: ConfigError) => error.problems.length === 1,
    )
  })

  it('tells all that is wrong at once: values, overrides, memcached and the user', () => {
    const text = `[keystone_authtoken]
token_cache_time = soon
memcached_servers = a:b:c
memcache_security_strategy = MAC
auth_type = password
`
    const overrides = {
      delay_auth_decision: 'perhaps',
      memcache_tls_enabled: true,
      memcache_tls_cafile: '/no',
    }
    const open = (more: string) =>
      authTokenFromConfig(Config.parse(`${text}${more}`, 'glance-api.conf'), { overrides })
    const beside = [
      /^glance-api\.conf:2: \[keystone_authtoken\] token_cache_time: must be/,
      /^\[keystone_authtoken\] delay_auth_decision: override: must be/,
      /^glance-api\.conf:3: \[keystone_authtoken\] memcached_servers: must be/,
      /^\[keystone_authtoken\] memcache_secret_key: is not set; .*; looked for in glance-api\.conf$/,
      /^\[keystone_authtoken\] memcache_tls_cafile: override: cannot be read/,
    ]
    const told = (sentences: readonly string[]) => {
      assert.equal(sentences.length, beside.length)
      for (const [index, sentence] of sentences.entries()) assert.match(sentence, beside[index]!)
      return true
    }
    assert.throws(
      () => open(''),
      (error) => {
        assert.ok(error instanceof MissingRequiredOptions)
        assert.deepEqual(error.missing, ['auth_url', 'password', 'username or user_id'])
        return told(error.wrong)
      },
    )
    assert.throws(
      () => open(credentials),
      (error) => error instanceof ConfigError && told(error.problems.map(describeProblem)),
    )
    assert.throws(
      () => authTokenFromConfig(Config.parse('[keystone_authtoken]\ninsecure = perhaps\n', 'a.conf')),
      (error) => {
        assert.ok(error instanceof ConfigError)
        assert.match(
          error.message,
          /^a\.conf:2: .*\n.*auth_type: is not set; .*a\.conf, also as .*auth_plugin$/,
        )
        return true
      },
    )
  })

  it('is wrong with a value that does not fit', () => {
    assert.throws(() => authTokenFromConfig(section('token_cache_time = soon\ninsecure = perhaps')), {
      code: 'config_invalid',
      message: /insecure: .*\n.*token_cache_time: /,
    })
  })
})

describe('overrides', () => {
  it('win over the section and are converted as text', async () => {
    await using lab = await startLab()
    const conf = Config.parse(lab.section('delay_auth_decision = false\nservice_token_roles = nobody'))
    const authToken = authTokenFromConfig(conf, {
      overrides: { delay_auth_decision: 'True', service_token_roles: ['service', 'admin'] },
      now: lab.now,
    })
    const headers = { 'x-auth-token': 'garbage', 'x-service-token': lab.issue('nova') }
    const verdict = await authToken.authenticate({ method: 'GET', path: '/', headers })
    assert.ok(verdict.kind === 'accepted')
    assert.equal(verdict.keystone.identityStatus, 'Invalid')
    assert.equal(verdict.keystone.serviceIdentityStatus, 'Confirmed')
    await authToken.close()
  })

  it('that are wrong are configuration errors', () => {
    assert.throws(() => authTokenFromConfig(section(''), { overrides: { delay_auth_decision: 'perhaps' } }), {
      code: 'config_invalid',
      message: /override: must be true or false/,
    })
  })
})

describe('token_cache_time', () => {
  it('-1 asks Keystone every time', async () => {
    await using lab = await startLab()
    const app = lab.application({ overrides: { token_cache_time: '-1' } })
    const headers = { 'X-Auth-Token': lab.issue('demo') }
    for (let count = 0; count < 3; count++) {
      assert.equal((await app.inject({ url: '/', headers })).statusCode, 200)
    }
    assert.equal(lab.keystone.validations().length, 3)
  })
})

describe("this service's own token", () => {
  it('is fetched once for many requests', async () => {
    await using lab = await startLab()
    const app = lab.application()
    const tokens = Array.from({ length: 20 }, () => lab.issue('demo'))
    await Promise.all(tokens.map((token) => app.inject({ url: '/', headers: { 'X-Auth-Token': token } })))
    assert.equal(lab.keystone.logins, 1)
    assert.equal(lab.keystone.validations().length, 20)
  })
})
