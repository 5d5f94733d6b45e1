// kill -9 in the middle of a snapshot: what is killed, when, and how it has to end.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { TestCloud } from './cloud.ts'

interface Case {
  process: string
  /** task_state at which it is killed. */
  step: 'image_snapshot' | 'image_uploading'
  image: 'active' | 'deleted'
  status: 'ACTIVE' | 'SHUTOFF'
}

const table: readonly Case[] = [
  { process: 'nova-api', step: 'image_snapshot', image: 'active', status: 'ACTIVE' },
  { process: 'nova-conductor', step: 'image_snapshot', image: 'active', status: 'ACTIVE' },
  { process: 'nova-compute', step: 'image_snapshot', image: 'active', status: 'ACTIVE' },
  { process: 'glance-api', step: 'image_uploading', image: 'active', status: 'ACTIVE' },
  { process: 'keystone', step: 'image_snapshot', image: 'active', status: 'ACTIVE' },
  { process: 'postgresql', step: 'image_snapshot', image: 'active', status: 'ACTIVE' },
  { process: 'nova-compute', step: 'image_uploading', image: 'active', status: 'ACTIVE' },
  { process: 'qemu', step: 'image_snapshot', image: 'deleted', status: 'SHUTOFF' },
]

// The disk has 20 MiB and the first burst is not limited: some three seconds.
const bandwidth = 6 * 2 ** 20

describe('A snapshot survives the death of', { timeout: 240_000 }, () => {
  let cloud: TestCloud
  let server: string

  before(async () => {
    cloud = await TestCloud.start(bandwidth)
    server = await cloud.boot('kill')
  })
  after(() => cloud.stop())

  for (const one of table) {
    test(`${one.process} at ${one.step}: image ${one.image}, server ${one.status}, nothing left over`, async () => {
      // Glance held back keeps the upload where it is until the kill.
      const hold = one.step === 'image_uploading'
      const image = await cloud.snapshot(server, `kill-${one.process}`)
      if (hold) {
        await cloud.untilTaskState(server, 'image_snapshot')
        cloud.signal('glance-api', 'SIGSTOP')
      }
      await cloud.untilTaskState(server, one.step)
      if (one.process === 'qemu') process.kill(cloud.guest(server)!.pid, 'SIGKILL')
      else cloud.signal(one.process, 'SIGKILL')
      if (hold && one.process !== 'glance-api') cloud.signal('glance-api', 'SIGCONT')

      await cloud.untilTaskState(server, null)
      await cloud.until('the image is settled', async () => (await cloud.imageStatus(image)) === one.image)
      assert.equal(cloud.imageFile(image), one.image === 'active')
      const { status } = await cloud.server(server)
      assert.equal(status, one.status)
      assert.equal(cloud.guest(server) !== undefined, one.status === 'ACTIVE')
      await cloud.until('the backup is gone', async () => cloud.backupFiles().length === 0)
    })
  }
})
