import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { testCloud, type TestCloud } from '../testing/cloud.ts'

let cloud: TestCloud

before(async () => {
  cloud = await testCloud({ conductor: false })
})
after(() => cloud.close())

/** A server without a task, which nobody has built. */
async function idleServer(): Promise<string> {
  const body = { server: { name: 'vm', imageRef: cloud.imageId, flavorRef: '42', networks: [] } }
  const { id } = (await cloud.call('POST', '/servers', body)).json['server'] as { id: string }
  const idle = { vm_state: 'active', task_state: null, operation_id: null, host: 'compute1' }
  await cloud.db.kysely.updateTable('servers').set(idle).where('id', '=', id).execute()
  return id
}

const snapshot = (server: string) =>
  cloud.call('POST', `/servers/${server}/action`, { createImage: { name: 'snap' } })

test('more snapshots of one server at a time than there are connections: one begins, the others are refused', async () => {
  const server = await idleServer()
  const images = cloud.glance.images.size
  const wanted = 30
  let answers: Promise<{ status: number }[]> | undefined
  await cloud.db.kysely.transaction().execute(async (trx) => {
    await trx.selectFrom('servers').select('id').where('id', '=', server).forUpdate().execute()
    answers = Promise.all(Array.from({ length: wanted }, () => snapshot(server)))
    // Until every connection that is left waits for the row.
    await cloud.eventually(async () => {
      await sql`select pg_stat_clear_snapshot()`.execute(trx)
      const { rows } = await sql<{ waiting: number }>`
        select count(*)::int as waiting from pg_stat_activity
         where wait_event_type = 'Lock' and datname = current_database()`.execute(trx)
      return rows[0]!.waiting >= 4
    })
  })
  const statuses = (await answers!).map(({ status }) => status).toSorted((a, b) => a - b)
  assert.deepEqual(statuses, [202, ...Array.from({ length: wanted - 1 }, () => 409)])
  assert.equal(cloud.glance.images.size, images + 1)
})

test('an image that glance refuses leaves no reservation, unless it may be there already', async () => {
  const server = await idleServer()
  const reserved = cloud.db.kysely
    .selectFrom('image_reservations')
    .select('image_id')
    .where('server_id', '=', server)
  for (const [status, left] of [
    [403, 0],
    [409, 1],
  ] as const) {
    cloud.glance.refuse = () => status
    assert.ok((await snapshot(server)).status >= 400)
    assert.equal((await reserved.execute()).length, left, `after ${status}`)
  }
  cloud.glance.refuse = undefined
})

test('an image that is made after its reservation was given up is deleted again', async () => {
  const server = await idleServer()
  const reservations = () => cloud.db.kysely.deleteFrom('image_reservations').where('server_id', '=', server)
  const images = cloud.glance.images.size
  // What a conductor does with a reservation that is too old, while glance takes its time.
  cloud.glance.refuse = async (call) => {
    if (call.method === 'POST') await reservations().execute()
    return undefined
  }
  assert.equal((await snapshot(server)).status, 409)
  cloud.glance.refuse = undefined
  assert.equal(cloud.glance.images.size, images)
  const { numDeletedRows } = await reservations().executeTakeFirst()
  assert.equal(numDeletedRows, 0n)
})
