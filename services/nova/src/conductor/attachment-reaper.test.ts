import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { contextAuth, Session } from '@longhaul/keystoneauth'
import { createLogger } from '@longhaul/oslo/log'
import { Config } from '@longhaul/oslo-config'
import { volumeAdapters } from '../cinder-section.ts'
import { VolumeClient } from '../cinder.ts'
import { testCloud, type TestCloud } from '../testing/cloud.ts'
import { AttachmentReaper } from './attachment-reaper.ts'

let cloud: TestCloud
let reaper: AttachmentReaper
let server: string
const session = new Session()

before(async () => {
  cloud = await testCloud({ conductor: false })
  const body = { server: { name: 'vm', imageRef: cloud.imageId, flavorRef: '42', networks: [] } }
  server = ((await cloud.call('POST', '/servers', body)).json['server'] as { id: string }).id
  const idle = { vm_state: 'active', task_state: null, operation_id: null, host: 'compute1' }
  await cloud.db.kysely.updateTable('servers').set(idle).where('id', '=', server).execute()
  await cloud.db.kysely.updateTable('operations').set({ finished_at: new Date() }).execute()
  const conf = Config.parse(`[cinder]\nendpoint_template = ${cloud.cinder.url}\n`)
  const auth = contextAuth({ token: 't', projectId: 'p' })
  reaper = new AttachmentReaper({
    db: cloud.db.kysely,
    volumes: new VolumeClient(volumeAdapters(conf, session)({ auth })),
    logger: createLogger({ service: 'nova-conductor', level: 'silent' }),
  })
})
after(async () => {
  await session.close()
  await cloud.close()
})

function attachment(instance: string): { id: string; volume: string } {
  const volume = cloud.cinder.volume()
  const id = randomUUID()
  cloud.cinder.attachments.set(id, {
    id,
    status: 'attached',
    instance,
    volume_id: volume,
    connection_info: {},
  })
  return { id, volume }
}

async function mapped(volume: string, attachment_id: string | null): Promise<void> {
  const at = new Date()
  const of = { uuid: randomUUID(), server_id: server, volume_id: volume, attachment_id }
  const rest = { device_name: '/dev/vdb', tag: null, delete_on_termination: false, reserved_at: null }
  const times = { created_at: at, updated_at: at }
  await cloud.db.kysely
    .insertInto('block_device_mappings')
    .values({ ...of, ...rest, ...times })
    .execute()
}

const has = ({ id }: { id: string }) => cloud.cinder.attachments.has(id)

test('what two rounds have found is deleted; what belongs to a server, is about to, or is not ours stays', async () => {
  const stray = attachment(server)
  const kept = attachment(server)
  await mapped(kept.volume, kept.id)
  const coming = attachment(server)
  await mapped(coming.volume, null)
  const foreign = attachment(randomUUID())
  await reaper.round()
  assert.ok(has(stray), 'one round is not enough')
  await reaper.round()
  assert.deepEqual([stray, kept, coming, foreign].map(has), [false, true, true, true])
})

test('while something is being done with its server an attachment stays', async () => {
  const stray = attachment(server)
  await reaper.round()
  const [operation] = await cloud.db.kysely.selectFrom('operations').select('id').execute()
  const operations = () => cloud.db.kysely.updateTable('operations').where('id', '=', operation!.id)
  await operations().set({ finished_at: null }).execute()
  await reaper.round()
  assert.ok(has(stray))
  await operations().set({ finished_at: new Date() }).execute()
  await reaper.round()
  assert.ok(has(stray), 'found anew')
  await cloud.db.kysely.transaction().execute(async (trx) => {
    await trx.selectFrom('servers').select('id').where('id', '=', server).forUpdate().execute()
    await reaper.round()
  })
  assert.ok(has(stray), 'somebody begins something')
  await reaper.round()
  await reaper.round()
  assert.ok(!has(stray))
})

test('one that Cinder does not let go keeps no other one', async () => {
  const [stuck, stray] = [attachment(server), attachment(server)]
  await reaper.round()
  cloud.cinder.refuse = ({ method, path }) =>
    method === 'DELETE' && path.endsWith(stuck.id) ? 409 : undefined
  await reaper.round()
  assert.deepEqual([stuck, stray].map(has), [true, false])
  cloud.cinder.refuse = undefined
  await reaper.round()
  assert.ok(!has(stuck))
})
