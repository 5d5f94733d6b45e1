import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { testCloud } from '../testing/cloud.ts'
import type { StoredState } from '../testing/stored-state.ts'

interface Stored {
  servers: [underWay: string, queued: string]
  images: [underWay: string, queued: string]
  state: StoredState
}

const files = globSync(join(import.meta.dirname, 'fixtures/stored-operations-*.json'))
assert.ok(files.length > 0)

for (const file of files) {
  test(`this release ends what is in ${basename(file)}`, async (t) => {
    const { servers, images, state } = JSON.parse(readFileSync(file, 'utf8')) as Stored
    const cloud = await testCloud({ ownPostgresql: true, stored: state, conductor: false })
    t.after(() => cloud.close())
    const backup = {
      size: 5,
      sha512: 'ab'.repeat(64),
      md5: 'cd'.repeat(16),
      disk_format: 'qcow2',
      virtual_size: 20 * 2 ** 20,
      console_offset: { before: 1, after: 2 },
    }
    for (const id of images) cloud.glance.images.set(id, { id, status: 'queued' })
    cloud.agent.plans.set('backup', () => ({ state: 'done', result: backup }))
    cloud.agent.plans.set('upload', ({ request }) => {
      assert.ok(request.kind === 'upload')
      const image = cloud.glance.images.get(request.params.image)!
      Object.assign(image, { status: 'active', os_hash_value: request.params.sha512 })
      return { state: 'done', result: {} }
    })
    await cloud.report([])
    await cloud.conductor.start()
    for (const id of servers) {
      const ended = await cloud.serverIs(id, (server) => server['OS-EXT-STS:task_state'] === null)
      assert.equal(ended['status'], 'ACTIVE')
    }
    assert.deepEqual(
      images.map((id) => cloud.glance.images.get(id)?.status),
      ['active', 'active'],
    )
    const attempts = servers.map((id) =>
      cloud.agent.jobs.filter((job) => job.request.server === id).map((job) => job.request.attempt),
    )
    assert.deepEqual(
      attempts.map((one) => [...new Set(one)]),
      [[2], [1]],
    )
    const queries = cloud.glance.calls.filter(({ path }) => path.endsWith(images[0]))
    assert.ok(
      queries.every(({ userToken }) => userToken !== undefined),
      'the context was opened',
    )
  })
}
