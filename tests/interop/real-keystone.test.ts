// OpenStack's own Keystone, from Debian's packages, in the place of ours.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { keyPaths, writeConfigFiles } from '../../tools/devstack/src/config-files.ts'
import { demoRun } from '../../tools/devstack/src/demo/run.ts'
import { untilReady } from '../../tools/devstack/src/health.ts'
import { setUpIdentity, userAuth } from '../../tools/devstack/src/identity-setup.ts'
import { freePort } from '@longhaul/oslo/concurrency'
import { readProcessRecord, signalProcess, untilGone } from '../../tools/devstack/src/processes.ts'
import { novaServices } from '../../tools/devstack/src/services.ts'
import { cloudSession } from '../../tools/devstack/src/session.ts'
import type { Cloud } from '../../tools/devstack/src/up.ts'
import type { Session } from '@longhaul/keystoneauth'
import { TestCloud } from '../cloud/test-cloud.ts'
import { copyKeystone } from './copied-keystone.ts'
import { issue, onProject, revoke, untilNotFound, validate, type Login } from './identity-client.ts'
import { usualTimes } from './keystone-peer.ts'
import { RealKeystone } from './real-keystone.ts'

const short = { expiration: 12, window: usualTimes.window }

let ours: TestCloud
/** Our cloud with another Keystone. */
let cloud: Cloud
let real: RealKeystone
let url: string
let shortUrl: string
let session: Session

before(async () => {
  ours = await TestCloud.start({ snapshotBandwidth: 800_000 })
  const { state, record } = ours.cloud
  session = cloudSession(state, record)
  real = await RealKeystone.make(keyPaths(state).fernet)
  const keystone = await freePort()
  cloud = { ...ours.cloud, record: { ...record, ports: { ...record.ports, keystone } } }
  await real.bootstrap(`http://127.0.0.1:${keystone}/v3`, record.passwords.admin)
  url = await real.start('keystone', usualTimes, keystone)
  shortUrl = await real.start('keystone-short', short)
  await setUpIdentity(cloud.record, session, userAuth(cloud.record, 'admin'))
})
after(async () => {
  await session?.close()
  await real?.stop()
  await ours?.stop()
})

/** Names of what there is of nova. */
function novaOf({ services }: Cloud): string[] {
  return services.map(({ name }) => name).filter((name) => novaServices.includes(name))
}

/** Lets a service read its configuration again, as a new process. */
async function restart(name: string): Promise<void> {
  const process = readProcessRecord(cloud.state.run, name)!
  signalProcess(process, 'SIGTERM')
  assert.ok(await untilGone(process, 60_000), `${name} does not end`)
  await untilReady(
    cloud.state,
    cloud.services.find((service) => service.name === name)!,
  )
}

const passwordOf = (user: Login['user']) => cloud.record.passwords[user as 'admin' | 'demo' | 'nova']
const login = (
  user: string,
  scope: Login['scope'] = onProject(user === 'nova' ? 'service' : user),
  at = url,
) => issue(at, { user, password: passwordOf(user), scope })

describe('fernet keys shared with the real Keystone', () => {
  let copied: Awaited<ReturnType<typeof copyKeystone>>
  before(async () => {
    copied = await copyKeystone({
      url,
      session,
      admin: userAuth(cloud.record, 'admin'),
      keys: real.keys,
    })
  })
  after(() => copied.stop())

  const scopes: Record<string, () => Promise<string>> = {
    'of a project': () => login('demo'),
    'of a service user': () => login('nova'),
    'of the system': () => login('admin', { system: { all: true } }),
    unscoped: () => login('demo', 'unscoped'),
  }
  for (const [name, make] of Object.entries(scopes)) {
    test(`a token ${name} is the same for both`, async () => {
      const [by, token] = [await login('admin'), await make()]
      const there = await validate(url, by, token)
      assert.equal(there.status, 200)
      assert.deepEqual(await validate(copied.url, by, token), there)
    })
  }

  test('a token that ours issues is the same for both', async () => {
    const by = await login('admin')
    const answer = await fetch(`${copied.url}/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        auth: {
          identity: { methods: ['token'], token: { id: await login('demo', 'unscoped') } },
          scope: onProject('demo'),
        },
      }),
    })
    const token = answer.headers.get('x-subject-token')!
    const here = await validate(copied.url, by, token)
    assert.equal(here.status, 200)
    assert.deepEqual(await validate(url, by, token), here)
  })

  test('an expired token is refused by both, and accepted by both when that is asked for', async () => {
    const [by, token] = [await login('admin'), await login('demo', onProject('demo'), shortUrl)]
    await untilNotFound(url, by, token)
    assert.equal((await validate(copied.url, by, token)).status, 404)
    const there = await validate(url, by, token, true)
    assert.equal(there.status, 200)
    assert.deepEqual(await validate(copied.url, by, token, true), there)
  })

  test('what either has revoked is refused by it', async () => {
    const by = await login('admin')
    for (const at of [url, copied.url]) {
      const token = await login('demo')
      await revoke(at, by, token)
      assert.equal((await validate(at, by, token)).status, 404)
    }
  })
})

describe('our glance and nova behind the real Keystone', { timeout: 600_000 }, () => {
  before(async () => {
    writeConfigFiles(cloud.state, cloud.record)
    for (const name of ['glance-api', ...novaOf(cloud)]) await restart(name)
  })

  for (const serviceToken of [true, false]) {
    const end = serviceToken ? 'succeeds with a service token' : 'is refused without one, and ends clean'
    test(`a snapshot that outlives its user's token ${end}`, async () => {
      if (!serviceToken) {
        writeConfigFiles(cloud.state, { ...cloud.record, sendServiceUserToken: false })
        for (const name of novaOf(cloud)) await restart(name)
      }
      const run = await demoRun({
        cloud,
        shortIdentity: { name: 'keystone-short', url: shortUrl },
        tokenTtl: short.expiration,
        serviceToken,
        session,
        signal: AbortSignal.timeout(200_000),
        say: () => {},
      })
      assert.deepEqual(
        run.checks.filter((check) => !check.ok),
        [],
      )
      assert.equal(run.imageStatus, serviceToken ? 'active' : 'deleted')
    })
  }
})
