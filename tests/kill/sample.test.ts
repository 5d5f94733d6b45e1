// kill -9 of each process in the middle of a snapshot: a sample of the whole table.
import { after, before, describe, test } from 'node:test'
import { TestCloud } from '../cloud/test-cloud.ts'
import { crash, snapshotBandwidth } from './crash.ts'
import { sample } from './table.ts'

describe('A snapshot survives kill -9', { timeout: 240_000 }, () => {
  let cloud: TestCloud
  before(async () => {
    cloud = await TestCloud.start({ snapshotBandwidth })
  })
  after(() => cloud.stop())

  for (const one of sample) {
    test(`of ${one.victim} at ${one.point}: ${one.end}`, () => crash(cloud, one))
  }
})
