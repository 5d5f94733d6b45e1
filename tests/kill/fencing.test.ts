// A conductor that is frozen for longer than it takes to be missed, and then goes on, does no harm.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { hostNames, hostsOf } from '../../tools/devstack/src/compute-hosts.ts'
import { TestCloud } from '../cloud/test-cloud.ts'
import { fencingCases, type FencingCase } from './fencing-table.ts'
import { withFrozenConductor } from './frozen-conductor.ts'
import { settings } from './moving-cases.ts'
import { MovingServer } from './moving-server.ts'

describe('A conductor that was frozen and replaced does no harm', () => {
  let cloud: TestCloud
  let server: MovingServer
  before(async () => {
    cloud = await TestCloud.start({ ...settings, sharedInstances: hostNames })
    server = new MovingServer(cloud)
  })
  after(() => cloud.stop())

  for (const one of fencingCases) {
    test(one.point, async () => {
      try {
        await staysAsItIs(server, one)
      } catch (error) {
        await server.giveUp()
        throw error
      }
    })
  }

  test('create-server step spawn begin', async () => {
    const own = new MovingServer(cloud)
    await withFrozenConductor(cloud, 'create-server step spawn begin', {
      begin: async () => void (own.id = await cloud.create('frozen')),
      ended: () => own.isSettled(),
      meanwhile: () => cloud.delete(own.id),
    })
    for (const host of hostsOf(cloud.cloud.record)) {
      assert.deepEqual(own.guests(host), [])
      assert.equal(existsSync(own.directory(host)), false)
    }
  })

  test('create-image step upload begin', async () => {
    await server.ready({ volume: false, port: false })
    let image = ''
    await withFrozenConductor(cloud, 'create-image step upload begin', {
      begin: async () => void (image = await cloud.snapshot(server.id, 'frozen')),
      ended: () => server.isSettled(),
      meanwhile: async () => {
        assert.equal(await cloud.imageStatus(image), 'active')
        await cloud.adapter('demo', 'image').delete(`/v2/images/${image}`)
      },
    })
    assert.equal(await cloud.imageStatus(image), 'deleted')
    assert.deepEqual(cloud.imageFiles(image), [])
    assert.deepEqual(cloud.leftOnHost(), [])
  })

  test('delete-server step destroy begin', async () => {
    await server.ready({ volume: true, port: true })
    await withFrozenConductor(cloud, 'delete-server step destroy begin', {
      begin: () => cloud.requestDeletion(server.id),
      ended: () => cloud.isGone(server.id),
      meanwhile: async () => {},
    })
    assert.deepEqual(await server.volumeAttachments(), [])
    assert.equal(await server.holder(), '')
    assert.deepEqual(cloud.leftOnHost(), [])
  })
})

async function staysAsItIs(server: MovingServer, one: FencingCase): Promise<void> {
  const { cloud } = server
  const settled = () => cloud.until('the operation has ended', () => server.isSettled())
  await server.ready({ volume: false, port: false, ...one.ready })
  if (one.first) await server.act(one.first)
  await settled()
  let seen: object = {}
  await withFrozenConductor(cloud, one.point, {
    begin: () => one.begin(server),
    ended: () => server.isSettled(),
    async meanwhile() {
      assert.equal((await server.action()).message, null)
      await one.next?.(server)
      await settled()
      assert.equal((await server.action()).message, null)
      seen = await factsOf(server)
    },
  })
  assert.deepEqual(await factsOf(server), seen)
  assert.deepEqual(cloud.leftOnHost(), [])
  if ((await server.facts()).status === 'ACTIVE') await server.counts(await server.host())
}

/** All that a conductor could change. */
async function factsOf(server: MovingServer) {
  const { status, 'OS-EXT-STS:task_state': task } = await server.facts()
  const host = await server.host()
  const guests = hostsOf(server.cloud.cloud.record).map((one) => server.guests(one))
  return {
    status,
    task,
    host: host.host,
    guests,
    devices: guests.flat().length > 0 ? (await server.devices(host)).toSorted() : [],
    volume: await server.volumeFacts(),
    attachments: await server.volumeAttachments(),
    holder: await server.holder(),
    bindings: await server.bindings(),
    migration: await server.migrationStatus(),
    action: await server.action(),
  }
}
