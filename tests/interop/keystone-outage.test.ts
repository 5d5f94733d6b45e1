// A Keystone that goes away under load, as a process that has ended and as one that is stopped, and comes back.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '@longhaul/oslo/concurrency'
import { waitingLineLimits } from '../../packages/keystonemiddleware/src/waiting-line.ts'
import { writeIni } from '../../tools/devstack/src/config-files.ts'
import { ApplicationUnderLoad } from './application-under-load.ts'
import { issue, onProject } from './identity-client.ts'
import { usualTimes } from './keystone-peer.ts'
import { LosingRelay } from './losing-relay.ts'
import { OurKeystone } from './our-keystone.ts'

const outageSeconds = Number(process.env['LONGHAUL_OUTAGE_SECONDS'] ?? 30)
const recoveryMilliseconds = 2000
/** A way to go and to come back. */
interface Outage {
  leave: () => void | Promise<void>
  comeBack: () => void | Promise<void>
}

const secret = 'a password of the test'

describe(`Keystone away for ${outageSeconds} s under load`, () => {
  let keystone: OurKeystone
  let port: number
  let url: string
  let file: string

  const login = () => issue(url, { user: 'admin', password: secret, scope: onProject('admin') })

  before(async () => {
    keystone = await OurKeystone.make()
    port = await freePort()
    await keystone.bootstrap(`http://127.0.0.1:${port}/v3`, secret)
    url = await keystone.start('keystone', usualTimes, port)
    file = join(keystone.directory, 'etc', 'application.conf')
    writeIni(file, {
      keystone_authtoken: {
        auth_type: 'password',
        auth_url: url,
        username: 'admin',
        password: secret,
        user_domain_id: 'default',
        project_name: 'admin',
        project_domain_id: 'default',
        interface: 'public',
      },
    })
  })
  after(() => keystone?.stop())

  test('ended, so that connections are refused', (t) =>
    outage(t, {
      leave: () => keystone.end('keystone'),
      comeBack: async () => void (await keystone.start('keystone', usualTimes, port)),
    }))

  test('stopped, so that it takes connections and never answers', (t) =>
    outage(t, {
      leave: () => keystone.signal('keystone', 'SIGSTOP'),
      comeBack: () => keystone.signal('keystone', 'SIGCONT'),
    }))

  test('behind a network that loses everything, so that what was sent is never answered', async (t) => {
    await keystone.end('keystone')
    const behind = await freePort()
    await keystone.start('keystone', usualTimes, behind)
    const relay = await LosingRelay.listen(port, behind)
    try {
      await outage(t, { leave: () => relay.lose(), comeBack: () => relay.recover() })
    } finally {
      await relay.stop()
    }
  })

  async function outage(t: TestContext, { leave, comeBack }: Outage): Promise<void> {
    const app = new ApplicationUnderLoad(file)
    const [cached, asked, fresh] = [await login(), await login(), await login()]
    try {
      assert.equal(await app.ask({ 'X-Auth-Token': cached }), 200)
      app.start({ 'X-Auth-Token': cached }, 10)
      await leave()
      const early = app.ask({ 'X-Auth-Token': asked })
      // The outage itself: there is no event to wait for.
      await delay(outageSeconds * 1000)
      const during = app.counts()
      await comeBack()
      const returned = performance.now()
      for (const token of [fresh, asked])
        while ((await app.ask({ 'X-Auth-Token': token })) !== 200) await delay(20)
      const recovered = performance.now() - returned
      await early
      const most = app.mostUnderway
      await app.stop()
      const later = app.counts()
      t.diagnostic(JSON.stringify({ during, later, mostUnderway: most, recoveredMs: Math.round(recovered) }))
      assert.deepEqual(Object.keys(during.cached), ['200'], 'cached tokens go on')
      assert.deepEqual(Object.keys(later.cached), ['200'])
      assert.ok((during.unknown[503] ?? 0) > 0, 'others are answered, with 503')
      assert.ok(most < waitingLineLimits.underWay, `${most} requests under way`)
      assert.ok(recovered < recoveryMilliseconds, `back after ${recovered} ms`)
    } finally {
      await app.stop()
    }
  }
})
