import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deflateSync } from 'node:zlib'
import { Config } from '@longhaul/oslo-config'
import type { AuthToken } from './auth-token.ts'
import { authTokenFromConfig } from './config.ts'
import { application } from './fixtures/application.ts'
import { lifetime, startLab, window, type Lab } from './fixtures/lab.ts'
import { MemcachedServerFixture } from './fixtures/memcached-server.ts'
import { play, refusal } from './fixtures/play.ts'
import { protection, securityStrategies } from './memcached/protection.ts'
import type { Override } from './section.ts'

const secret = 'not-a-token'
const protect = (strategy: string) => ({
  memcache_security_strategy: strategy,
  memcache_secret_key: secret,
})

/** auth_token of another process on the same memcached. */
function process(
  lab: Lab,
  memcached: MemcachedServerFixture,
  more: Record<string, Override> = {},
): AuthToken {
  return lab.authToken({ memcached_servers: memcached.address, ...more })
}

async function statusOf(authToken: AuthToken, user: string, service?: string): Promise<number> {
  const headers = { 'x-auth-token': user, 'x-service-token': service }
  const verdict = await authToken.authenticate({ method: 'GET', path: '/', headers })
  return verdict.kind === 'accepted' ? 200 : verdict.status
}

describe('tokens in memcached', () => {
  for (const strategy of securityStrategies) {
    it(`one process validates, the other finds: ${strategy}`, async () => {
      await using lab = await startLab()
      await using memcached = await MemcachedServerFixture.start()
      const [one, two] = [1, 2].map(() => process(lab, memcached, protect(strategy)))
      const tokens = [lab.issue('demo'), lab.issue('nova')] as const
      assert.equal(await statusOf(one!, ...tokens), 200)
      assert.equal(await statusOf(two!, ...tokens), 200)
      assert.equal(lab.keystone.validations().length, 2)
      for (const [key, { data, expires }] of memcached.values) {
        assert.match(key, /^tokens\//)
        assert.ok(expires > 0 && expires <= 300)
        for (const token of tokens) assert.ok(!data.includes(token) && !key.includes(token))
      }
    })
  }

  it('an entry never lives longer than its token or its window (D3), whoever reads it', async () => {
    await using lab = await startLab()
    await using memcached = await MemcachedServerFixture.start()
    const long = { token_cache_time: 10 * window }
    const service = lab.issue('nova', { lifetime: 10 * window })
    const user = lab.issue('demo', { ago: lifetime + 1 })
    assert.equal(await statusOf(process(lab, memcached, long), user, service), 200)
    assert.equal(await statusOf(process(lab, memcached, long), user), 401, 'without a service token')
    lab.pass(window - 2)
    assert.equal(await statusOf(process(lab, memcached, long), user, service), 200)
    assert.equal(lab.keystone.validations(user).length, 1)
    lab.pass(1)
    assert.equal(await statusOf(process(lab, memcached, long), user, service), 401)
    assert.equal(lab.keystone.validations(user).length, 2)
  })

  it('an entry of the original counts, also deflated, until its token expires, and is asked for each time', async () => {
    await using lab = await startLab()
    await using memcached = await MemcachedServerFixture.start()
    const { token, data } = lab.keystone.issue({ userName: 'demo', lifetime, issuedAt: lab.now() })
    const written = Buffer.from(JSON.stringify({ token: { ...data, auth_token: token, version: 'v3' } }))
    const { key } = protection('None')(token)
    memcached.values.set(key, { flags: 8, data: deflateSync(written), expires: 300 })
    const authToken = process(lab, memcached)
    for (let turn = 0; turn < 2; turn++) {
      const headers = { 'x-auth-token': token }
      const verdict = await authToken.authenticate({ method: 'GET', path: '/', headers })
      assert.ok(verdict.kind === 'accepted')
      assert.ok(!JSON.stringify(verdict.keystone.user).includes(token))
      assert.ok(Object.isFrozen(verdict.keystone.user?.roles))
    }
    assert.deepEqual([lab.keystone.validations().length, memcached.commands.length], [0, 2])
    memcached.values.delete(key)
    assert.equal(await statusOf(authToken, token), 200)
    assert.equal(lab.keystone.validations().length, 1, 'once the original has it no more')
    memcached.values.set(key, { flags: 0, data: written, expires: 300 })
    lab.pass(lifetime + 1)
    assert.equal(await statusOf(process(lab, memcached), token, lab.issue('nova')), 200)
    assert.equal(lab.keystone.validations(token).length, 2, 'an expired one is asked for')
  })

  it('what is no entry is a miss', async () => {
    await using lab = await startLab()
    await using memcached = await MemcachedServerFixture.start()
    const token = lab.issue('demo')
    const odd = [
      '',
      'null',
      '{}',
      '{"token": null}',
      '{"token": {"user": {"id": "x"}}}',
      '{"token"',
      'x'.repeat(99),
    ]
    for (const strategy of securityStrategies) {
      const { key } = protection(strategy, secret)(token)
      for (const [index, text] of odd.entries()) {
        const flags = index === 6 ? 8 : 0
        memcached.values.set(key, { flags, data: Buffer.from(text), expires: 300 })
        assert.equal(await statusOf(process(lab, memcached, protect(strategy)), token), 200, text)
      }
    }
    assert.equal(lab.keystone.validations(token).length, odd.length * securityStrategies.length)
  })

  it('a refused token is deleted for all', async () => {
    await using lab = await startLab()
    await using memcached = await MemcachedServerFixture.start()
    const token = lab.issue('demo', { lifetime: 10_000 })
    const one = process(lab, memcached)
    await statusOf(one, token)
    lab.keystone.revoke(token)
    lab.pass(295)
    await statusOf(one, token)
    await new Promise(setImmediate)
    while (memcached.values.size > 0) await new Promise(setImmediate)
    assert.equal(await statusOf(process(lab, memcached), token), 401)
  })

  it('as recorded: Keystone was down when the process started, another has validated the token', async () => {
    await using lab = await startLab()
    await using memcached = await MemcachedServerFixture.start()
    const overrides = { memcached_servers: memcached.address }
    const user = lab.issue('demo')
    lab.keystone.failure = { kind: 'status', status: 503 }
    const late = lab.application({ overrides })
    await late.inject({ url: '/x', headers: { 'X-Auth-Token': lab.issue('demo') } })
    lab.keystone.failure = undefined
    await play(lab, lab.application({ overrides }), 'cold, user token only', { user })
    await play(lab, late, 'Keystone up again, the process that never saw it', { user })
  })

  it('as recorded: memcached is down', async () => {
    await using lab = await startLab()
    const memcached = await MemcachedServerFixture.start()
    const overrides = { memcached_servers: memcached.address }
    await memcached.stop()
    const lines: string[] = []
    const ignore = () => undefined
    const warn = (_fields: object, message: string) => lines.push(message)
    const app = lab.application({ overrides, logger: { debug: ignore, info: ignore, warn } })
    await play(lab, app, 'memcached down, first', { user: lab.issue('demo') })
    await play(lab, app, 'memcached down, first', { user: lab.issue('demo') })
    await play(lab, app, 'garbage, first', { user: 'garbage', deviates: refusal })
    assert.deepEqual(lines, ['memcached does not answer'])
  })

  it('nothing is kept or read with token_cache_time = -1', async () => {
    await using lab = await startLab()
    await using memcached = await MemcachedServerFixture.start()
    await statusOf(process(lab, memcached, { token_cache_time: -1 }), lab.issue('demo'))
    assert.deepEqual(memcached.commands, [])
  })
})

describe('the options of memcached', () => {
  const section = (more: string) => `[keystone_authtoken]
auth_type = password
auth_url = http://127.0.0.1:9/v3
username = glance
user_domain_id = default
password = secret
memcached_servers = 127.0.0.1:11211
${more}`

  for (const [more, message] of [
    ['memcache_security_strategy = MAC', /memcache_secret_key: is not set/],
    ['memcache_security_strategy = ROT13', /memcache_security_strategy: /],
    ['memcached_servers = a:b:c,d:e', /memcached_servers: .*\n.*memcached_servers: /],
    ['memcache_tls_enabled = true\nmemcache_tls_cafile = /nowhere', /memcache_tls_cafile: cannot be read/],
    ['memcache_pool_maxsize = 0', /memcache_pool_maxsize: /],
  ] as const) {
    it(`are wrong with ${more.replaceAll('\n', ', ')}`, () => {
      assert.throws(() => authTokenFromConfig(Config.parse(section(more))), {
        code: 'config_invalid',
        message,
      })
    })
  }

  it('need no server to begin with', async () => {
    const authToken = authTokenFromConfig(
      Config.parse(section('memcache_security_strategy = encrypt\nmemcache_secret_key = s')),
    )
    await application(authToken).close()
  })
})
