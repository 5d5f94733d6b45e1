// kill -9 of each process in the middle of operations: a sample of the whole tables.
import { after, before, describe, test } from 'node:test'
import { hostNames } from '../../tools/devstack/src/compute-hosts.ts'
import { TestCloud } from '../cloud/test-cloud.ts'
import { crash, snapshotBandwidth } from './crash.ts'
import { crashDevice } from './device-crash.ts'
import { crashMigration, migrationBandwidth } from './migration-crash.ts'
import { deviceSample, migrationSample } from './moving-sample.ts'
import { MovingServer } from './moving-server.ts'
import { sample } from './table.ts'

describe('It survives kill -9', { timeout: 300_000 }, () => {
  let cloud: TestCloud
  let server: MovingServer
  before(async () => {
    const migrations = { hosts: 2, sharedInstances: hostNames, migrationBandwidth: migrationBandwidth.live }
    cloud = await TestCloud.start({ snapshotBandwidth, ...migrations })
    server = new MovingServer(cloud)
  })
  after(() => cloud.stop())

  for (const one of sample) {
    test(`a snapshot, of ${one.victim} at ${one.point}: ${one.end}`, () => crash(cloud, one))
  }
  for (const one of deviceSample) {
    test(`${one.operation}, of ${one.victim} at ${one.point}: ${one.end}`, () => crashDevice(server, one))
  }
  for (const one of migrationSample) {
    test(`a migration, of ${one.victim} at ${one.point}: ${one.end}`, () => crashMigration(server, one))
  }
})
