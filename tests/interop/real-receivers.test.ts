// OpenStack's own Keystone, Glance, Cinder and Neutron, from Debian's packages, around our nova.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Adapter, Conflict, type Session } from '@longhaul/keystoneauth'
import { hostDirectory, hostsOf } from '../../tools/devstack/src/compute-hosts.ts'
import { keyPaths, regionName } from '../../tools/devstack/src/config-files.ts'
import { CloudClient } from '../../tools/devstack/src/demo/compute.ts'
import { migrationBandwidth, restartNova, useCases } from '../../tools/devstack/src/demo/demo.ts'
import { hostsWithOneDisk, migrationRun } from '../../tools/devstack/src/demo/migration-run.ts'
import { demoRun } from '../../tools/devstack/src/demo/run.ts'
import { urlOf } from '../../tools/devstack/src/endpoints.ts'
import { setUpIdentity, userAuth } from '../../tools/devstack/src/identity-setup.ts'
import { setUpImage } from '../../tools/devstack/src/image-setup.ts'
import { freePort } from '@longhaul/oslo/concurrency'
import { cloudSession } from '../../tools/devstack/src/session.ts'
import type { Cloud } from '../../tools/devstack/src/up.ts'
import { refusedDetachment } from '../cloud/refused-detachment.ts'
import { TestCloud } from '../cloud/test-cloud.ts'
import { needPackages } from './debian.ts'
import { issue, onProject } from './identity-client.ts'
import { usualTimes } from './keystone-peer.ts'
import { NfsExport, realCinder, untilStorage } from './real-cinder.ts'
import { realGlance } from './real-glance.ts'
import { RealKeystone } from './real-keystone.ts'
import { realNeutron } from './real-neutron.ts'
import { startRealService, type RealService, type ServiceRecipe } from './real-service.ts'
import { KnownTokens } from './request-log.ts'

const short = { expiration: 10, window: usualTimes.window }
const signal = AbortSignal.timeout(1_200_000)

let ours: TestCloud
/** Our cloud in which only nova is ours. */
let cloud: Cloud
let keystone: RealKeystone
let shortUrl: string
let session: Session
/** As an administrator. */
let cinder: Adapter
let root: string
let nfs: NfsExport
const services: RealService[] = []

before(async () => {
  await needPackages('glance-api', 'cinder-api', 'cinder-scheduler', 'neutron-server', 'nfs-common', 'sudo')
  ours = await TestCloud.start({
    hosts: 3,
    sharedInstances: hostsWithOneDisk,
    sendServiceUserToken: false,
    migrationBandwidth,
    snapshotBandwidth: 800_000,
  })
  const { state, record } = ours.cloud
  session = cloudSession(state, record)
  keystone = await RealKeystone.make(keyPaths(state).fernet)
  const ports = { ...record.ports }
  for (const name of ['keystone', 'glance', 'cinder', 'neutron'] as const) ports[name] = await freePort()
  cloud = { ...ours.cloud, record: { ...record, ports } }
  const url = `http://127.0.0.1:${ports.keystone}/v3`
  await keystone.bootstrap(url, record.passwords.admin)
  await keystone.start('keystone', usualTimes, ports.keystone)
  shortUrl = await keystone.start('keystone-short', short)
  await setUpIdentity(cloud.record, session, userAuth(cloud.record, 'admin'))

  root = mkdtempSync(join(tmpdir(), 'lh-peers-'))
  const directoryOf = ({ name }: ServiceRecipe) => join(root, name)
  nfs = new NfsExport(join(root, 'export'))
  const hosts = hostsOf(record).map((host) => join(hostDirectory(state, host), 'mnt'))
  await nfs.mount({ cinder: directoryOf(realCinder), hosts })
  const scope = onProject('admin')
  const admin = await issue(url, { user: 'admin', password: record.passwords.admin, scope })
  const tokens = new KnownTokens(url, admin)
  for (const recipe of [realGlance, realCinder, realNeutron]) {
    const directory = directoryOf(recipe)
    mkdirSync(directory, { recursive: true })
    services.push(await startRealService(recipe, { cloud, directory, tokens }))
  }
  const auth = userAuth(cloud.record, 'admin')
  cinder = new Adapter({ session, auth, serviceType: 'volumev3', regionName })
  await untilStorage(cinder, signal)
  cloud = { ...cloud, imageId: await setUpImage(state, session, auth, urlOf(cloud.record, ports.glance)) }
  await restartNova(cloud, signal)
})
after(async () => {
  await session?.close()
  await Promise.all(services.map((service) => service.stop()))
  // Before what is below them is removed.
  await nfs?.unmount()
  await ours?.stop()
  await keystone?.stop()
  if (root) rmSync(root, { recursive: true, force: true })
})

describe('our nova among the real services', { timeout: 1_200_000 }, () => {
  test('ours refuses to end an attachment in use in the words of the original', async () => {
    const user = new CloudClient(session, userAuth(cloud.record, 'demo'))
    const server = await user.boot('attached', cloud.imageId)
    await user.untilActive(server, signal)
    const volume = await user.createVolume('attached', signal)
    await user.attach(server, volume, signal)
    const query = { volume_id: volume, all_tenants: 1 }
    const answer = await cinder.get('/attachments', { query, microversion: '3.27' })
    const [attachment] = (await answer.json<{ attachments: { id: string }[] }>()).attachments
    const error = await cinder.delete(`/attachments/${attachment!.id}`, { microversion: '3.27' }).then(
      () => assert.fail('it is not refused'),
      (reason: unknown) => reason,
    )
    assert.ok(error instanceof Conflict)
    assert.deepEqual(JSON.parse(error.body), refusedDetachment(server))
    await user.deleteServer(server, signal)
    await user.deleteVolume(volume, signal)
  })

  for (const serviceToken of [false, true]) {
    describe(serviceToken ? 'with a service token' : 'without a service token', () => {
      before(async () => {
        if (!serviceToken) return
        cloud.record.sendServiceUserToken = true
        await restartNova(cloud, signal)
      })

      for (const useCase of useCases) {
        test(`${useCase}, while the user's token expires`, async () => {
          const about = {
            cloud,
            shortIdentity: { name: 'keystone-short', url: shortUrl },
            tokenTtl: short.expiration,
            serviceToken,
            session,
            signal,
            say: () => {},
          }
          const run = useCase === 'snapshot' ? await demoRun(about) : await migrationRun(useCase, about)
          assert.deepEqual(
            run.checks.filter((check) => !check.ok),
            [],
            JSON.stringify(run),
          )
        })
      }
    })
  }
})
