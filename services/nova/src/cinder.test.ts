import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { contextAuth, Session } from '@longhaul/keystoneauth'
import { Config } from '@longhaul/oslo-config'
import { volumeAdapters } from './cinder-section.ts'
import { VolumeClient } from './cinder.ts'
import { fakeCinder, type FakeCinder } from './testing/fake-cinder.ts'

let cinder: FakeCinder
let session: Session

before(async () => {
  cinder = await fakeCinder()
  session = new Session({})
})
after(() => Promise.all([cinder.close(), session.close()]))
beforeEach(() => {
  cinder.calls.length = 0
  cinder.refuse = undefined
})

/** A client as a section describes it, for a user whose catalog lists the service under a type. */
function client(type: string, section = ''): VolumeClient {
  const url = cinder.url.replace('%(project_id)s', 'p')
  const at = (side: string, region_id: string, to: string) => ({ interface: side, region_id, url: to })
  const nowhere = 'http://127.0.0.1:1'
  const endpoints = [at('internal', 'A', nowhere), at('public', 'B', nowhere), at('public', 'A', url)]
  const auth = contextAuth({ token: 't', catalog: [{ type, name: 'cinder', endpoints }] })
  const conf = Config.parse(`[cinder]\nos_region_name = A\nhttp_retries = 0\n${section}\n`)
  return new VolumeClient(volumeAdapters(conf, session)({ auth }))
}

test('the service is found under its old and its new type, and asked for one microversion', async () => {
  const id = cinder.volume()
  for (const type of ['volumev3', 'block-storage']) {
    assert.equal((await client(type).get(id)).status, 'available')
  }
  await client('block-storage', 'catalog_info = block-storage:cinder:publicURL').get(id)
  assert.deepEqual([...new Set(cinder.calls.map((call) => call.microversion))], ['volume 3.44'])
  assert.equal(cinder.calls[0]?.path, `/volumes/${id}`)
})

test('another interface, an endpoint template, or nonsense', async () => {
  const id = cinder.volume()
  await assert.rejects(client('volumev3', 'catalog_info = volumev3::internalURL').get(id), {
    code: 'connect_failure',
  })
  const template = cinder.url.replace('%(project_id)s', 'q')
  await client('volumev3', `catalog_info = volumev3::internalURL\nendpoint_template = ${template}`).get(id)
  for (const info of ['volumev3', 'volumev3:publicURL', '::publicURL', 'a:b:c:d']) {
    assert.throws(() => client('volumev3', `catalog_info = ${info}`), { code: 'option_error' })
  }
})

test('connecting and deleting are repeated while the driver is busy; what is gone is deleted', async () => {
  const volumes = client('volumev3')
  const volume = cinder.volume()
  const { id } = await volumes.createAttachment(volume, 'server')
  let busy = 1
  cinder.refuse = ({ method }) => (['PUT', 'DELETE'].includes(method) && busy-- > 0 ? 500 : undefined)
  const host = { host: 'h', ip: '::1', multipath: false, platform: 'x', os_type: 'linux' }
  await volumes.connect(id, { ...host, mountpoint: '/dev/vdb' })
  assert.equal((await volumes.attachment(id)).connection_info?.data['export'], id)
  await volumes.complete(id)
  assert.equal(cinder.volumes.get(volume)?.status, 'in-use')
  busy = 9
  await assert.rejects(volumes.deleteAttachment(id), { status: 500 })
  assert.equal(busy, 4, 'five times')
  cinder.attachments.clear()
  busy = 0
  await volumes.deleteAttachment(id)
  await volumes.delete('4e3e3ee5-7a7c-4d52-9c4e-6f2b64a7b1f3')
})
