// OpenStack's own Keystone, restarted while a session and an application behind our auth_token work with it.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Adapter, password, Session } from '@longhaul/keystoneauth'
import { regionName, writeIni } from '../../tools/devstack/src/config-files.ts'
import { ApplicationUnderLoad } from './application-under-load.ts'
import { issue, onProject, validate } from './identity-client.ts'
import { usualTimes } from './keystone-peer.ts'
import { RealKeystone } from './real-keystone.ts'
import { makeTokenStates, type TokenStates } from './token-states.ts'

const recoveryMilliseconds = 2000

describe('the real Keystone restarted in the middle', () => {
  let keystone: RealKeystone
  let states: TokenStates
  let file: string
  let session: Session
  let identity: Adapter
  let app: ApplicationUnderLoad

  before(async () => {
    keystone = await RealKeystone.make()
    states = await makeTokenStates(keystone)
    file = join(keystone.directory, 'etc', 'application.conf')
    writeIni(file, {
      keystone_authtoken: { ...section(), region_name: regionName, token_cache_time: 300 },
    })
    session = new Session({ timeout: 60 })
    const auth = password({
      authUrl: String(section()['auth_url']),
      username: 'glance',
      password: String(section()['password']),
      userDomainId: 'default',
      projectName: 'service',
      projectDomainId: 'default',
    })
    // More than a start takes.
    const patience = { connectRetries: 600, connectRetryDelay: 0.1 }
    identity = new Adapter({ session, auth, serviceType: 'identity', interface: 'public', ...patience })
    app = new ApplicationUnderLoad(file)
  })
  after(async () => {
    await app?.stop()
    await session?.close()
    await keystone?.stop()
  })

  const section = () => states.configuration['keystone_authtoken']!
  const headersOf = (user: string, service = 'absent') => ({
    'X-Auth-Token': states.user[user]!,
    ...(service === 'absent' ? {} : { 'X-Service-Token': states.service[service]! }),
  })
  const said = async (app: ApplicationUnderLoad) => ({
    expired: await app.ask(headersOf('expired, in the window')),
    expiredWithService: await app.ask(headersOf('expired, in the window', 'valid with role')),
    revoked: await app.ask(headersOf('revoked')),
    revokedWithService: await app.ask(headersOf('revoked', 'valid with role')),
    plainService: await app.ask(headersOf('valid', 'valid without role')),
  })

  test('nothing that was known is lost, and what was asked meanwhile is answered', async (t) => {
    const due = {
      expired: 401,
      expiredWithService: 200,
      revoked: 401,
      revokedWithService: 401,
      plainService: 401,
    }
    assert.equal(await app.ask(headersOf('valid')), 200)
    assert.deepEqual(await said(app), due)
    const demo = { user: 'demo', password: String(section()['password']), scope: onProject('demo') }
    const cold = { 'X-Auth-Token': await issue(String(section()['auth_url']), demo) }
    // It answers a hundred questions a second at best.
    app.start(headersOf('valid'), 100)

    const ended = new AbortController()
    let calls = 0
    const call = async () => {
      const answer = await identity.get('/auth/projects')
      assert.equal((await answer.json<{ projects: unknown[] }>()).projects.length, 1)
      calls += 1
    }
    await call()
    const calling = (async () => {
      while (!ended.signal.aborted) await call()
    })()
    const { port } = new URL(String(section()['auth_url']))
    await keystone.end('keystone')
    const before = calls
    await keystone.start('keystone', usualTimes, Number(port))
    const answers = performance.now()
    // It answers before it can validate: its first validation takes seconds on a busy machine, whoever asks.
    const by = states.service['valid with role']!
    assert.equal((await validate(String(section()['auth_url']), by, by)).status, 200)
    const returned = performance.now()
    const during = app.counts()
    while ((await app.ask(cold)) !== 200) await delay(20)
    const recovered = performance.now() - returned
    ended.abort()
    await calling
    const another = new ApplicationUnderLoad(file)
    assert.deepEqual(await said(another), due, 'Keystone knows what it knew')
    await Promise.all([app.stop(), another.stop()])
    const later = app.counts()
    t.diagnostic(
      JSON.stringify({
        during,
        later,
        calls,
        before,
        firstValidationMs: Math.round(returned - answers),
        recoveredMs: Math.round(recovered),
      }),
    )
    assert.deepEqual([Object.keys(during.cached), Object.keys(later.cached)], [['200'], ['200']])
    assert.ok((during.unknown[503] ?? 0) > 0)
    assert.ok(calls > before, 'the session has gone on')
    assert.ok(recovered < recoveryMilliseconds, `back after ${recovered} ms`)
  })
})
