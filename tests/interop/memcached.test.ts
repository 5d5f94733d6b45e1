// Debian's python3-keystonemiddleware and our auth_token share the tokens in one memcached, in all three strategies.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fakeKeystone, type FakeKeystone } from '@longhaul/keystoneauth/testing'
import { authTokenFromConfig, type AuthToken } from '@longhaul/keystonemiddleware'
import { freePort } from '@longhaul/oslo/concurrency'
import { Config } from '@longhaul/oslo-config'
import { writeIni } from '../../tools/devstack/src/config-files.ts'
import { stopProcess, type ProcessRecord } from '../../tools/devstack/src/processes.ts'
import { needPackages } from './debian.ts'
import { startPeer } from './peer-process.ts'
import { RealMemcached } from './real-memcached.ts'

interface Sight {
  status: number
  /** Headers by lower-case name. */
  saw: Record<string, string>
}

describe('tokens in one memcached', () => {
  let keystone: FakeKeystone
  let memcached: RealMemcached
  const directory = mkdtempSync(join(tmpdir(), 'lh-shared-tokens-'))
  before(async () => {
    await needPackages('python3-keystonemiddleware', 'python3-memcache')
    memcached = await RealMemcached.start()
    keystone = await fakeKeystone()
  })
  after(async () => {
    await memcached?.stop()
    await keystone?.close()
    rmSync(directory, { recursive: true, force: true })
  })

  for (const strategy of ['None', 'MAC', 'ENCRYPT'] as const) {
    describe(strategy, () => {
      let authToken: AuthToken
      let original: ProcessRecord | undefined
      let url: string
      before(async () => {
        const file = join(directory, `${strategy}.conf`)
        writeIni(file, {
          keystone_authtoken: {
            www_authenticate_uri: 'http://127.0.0.1:5000',
            auth_type: 'password',
            auth_url: keystone.url,
            username: 'glance',
            password: 'not-a-secret',
            user_domain_id: 'default',
            project_name: 'service',
            project_domain_id: 'default',
            memcached_servers: memcached.address,
            memcache_security_strategy: strategy,
            memcache_secret_key: 'shared-by-both',
          },
        })
        authToken = authTokenFromConfig(Config.read([file]))
        const port = await freePort()
        const args = [join(import.meta.dirname, 'auth-token-app.py'), String(port), file]
        const log = join(directory, `${strategy}.out`)
        url = `http://127.0.0.1:${port}/RegionOne/true/false`
        original = await startPeer({ file: '/usr/bin/python3', args }, url, log)
      })
      after(async () => {
        if (original) await stopProcess(original)
        await authToken?.close()
      })

      const headersFor = (user: string, service: string) => ({
        'x-auth-token': user,
        'x-service-token': service,
      })

      async function askOurs(user: string, service: string): Promise<Sight> {
        const headers = headersFor(user, service)
        const verdict = await authToken.authenticate({ method: 'GET', path: '/', headers })
        if (verdict.kind === 'rejected') return { status: verdict.status, saw: {} }
        const set = Object.entries(verdict.keystone.headers())
        return {
          status: 200,
          saw: Object.fromEntries(set.map(([name, value]) => [name.toLowerCase(), value])),
        }
      }

      async function askOriginal(user: string, service: string): Promise<Sight> {
        const answer = await fetch(url, { headers: headersFor(user, service) })
        const { saw = {} } = (answer.status === 200 ? await answer.json() : {}) as Partial<Sight>
        return { status: answer.status, saw }
      }

      const issue = () =>
        [
          keystone.issue({ userName: 'demo', roleNames: ['member'] }).token,
          keystone.issue({ userName: 'nova', roleNames: ['service'] }).token,
        ] as const
      const validations = (tokens: readonly string[]) =>
        tokens.map((token) => keystone.validations(token).length)

      it('what ours has validated the original finds', async () => {
        const tokens = issue()
        const ours = await askOurs(...tokens)
        const theirs = await askOriginal(...tokens)
        assert.deepEqual([ours.status, theirs.status], [200, 200])
        for (const [name, value] of Object.entries(ours.saw)) assert.equal(theirs.saw[name], value, name)
        assert.deepEqual(validations(tokens), [1, 1])
      })

      it('what the original has validated ours finds', async () => {
        const tokens = issue()
        const theirs = await askOriginal(...tokens)
        const ours = await askOurs(...tokens)
        assert.deepEqual([ours.status, theirs.status], [200, 200])
        for (const [name, value] of Object.entries(ours.saw)) assert.equal(theirs.saw[name], value, name)
        assert.deepEqual(validations(tokens), [1, 1])
      })

      it('an expired user token that ours has validated counts there only with a service token', async () => {
        const { token } = keystone.issue({ lifetime: -60 })
        const [, service] = issue()
        assert.equal((await askOurs(token, service)).status, 200)
        assert.equal((await askOriginal(token, service)).status, 200)
        assert.equal(keystone.validations(token).length, 1)
        const answer = await fetch(url, { headers: { 'x-auth-token': token } })
        assert.equal(answer.status, 401)
      })
    })
  }
})

describe('a memcached that is guarded', () => {
  const login = { username: 'glance', password: 'not-a-secret' }
  let keystone: FakeKeystone
  before(async () => {
    await needPackages('python3-binary-memcached')
    keystone = await fakeKeystone()
  })
  after(() => keystone?.close())

  const process = (options: string) =>
    authTokenFromConfig(
      Config.parse(`[keystone_authtoken]
auth_type = password
auth_url = ${keystone.url}
username = glance
password = not-a-secret
user_domain_id = default
${options}`),
    )
  const statusOf = async (authToken: AuthToken, token: string) => {
    const verdict = await authToken.authenticate({
      method: 'GET',
      path: '/',
      headers: { 'x-auth-token': token },
    })
    await authToken.close()
    return verdict.kind === 'accepted' ? 200 : verdict.status
  }

  it('by TLS is shared', async () => {
    const memcached = await RealMemcached.start({ tls: true })
    const options = `memcached_servers = ${memcached.address}
memcache_tls_enabled = true
memcache_tls_cafile = ${memcached.authority}`
    const { token } = keystone.issue()
    const statuses = [await statusOf(process(options), token), await statusOf(process(options), token)]
    await memcached.stop()
    assert.deepEqual([statuses, keystone.validations(token).length], [[200, 200], 1])
  })

  it("by a login is shared, also with the original's client, which deflates", async () => {
    const memcached = await RealMemcached.start({ login })
    const options = `memcached_servers = ${memcached.address}
memcache_sasl_enabled = true
memcache_username = ${login.username}
memcache_password = ${login.password}`
    const original = (request: object) => {
      const args = [join(import.meta.dirname, 'memcached-login.py'), memcached.address, login.username]
      const input = JSON.stringify({ password: login.password, ...request })
      return JSON.parse(execFileSync('/usr/bin/python3', args, { input, encoding: 'utf8' })) as unknown
    }
    const keyOf = (token: string) => `tokens/${createHash('sha256').update(token).digest('hex')}`
    const ours = keystone.issue()
    assert.equal(await statusOf(process(options), ours.token), 200)
    const written = JSON.parse(String(original({ get: keyOf(ours.token) }))) as { token: { user: unknown } }
    assert.deepEqual(written.token.user, ours.data.user)
    const theirs = keystone.issue()
    const value = JSON.stringify({ token: theirs.data })
    assert.equal(original({ set: keyOf(theirs.token), value }), true)
    assert.equal(await statusOf(process(options), theirs.token), 200)
    await memcached.stop()
    assert.deepEqual(
      [keystone.validations(ours.token).length, keystone.validations(theirs.token).length],
      [1, 0],
    )
  })
})
