import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { testCloud, type TestCloud } from '../testing/cloud.ts'
import { beginOperation, type Hold } from './begin.ts'
import type { OperationKind } from './running-operation.ts'
import { OperationStore } from './store.ts'

let cloud: TestCloud

before(async () => {
  cloud = await testCloud()
  await cloud.report([])
})
after(async () => {
  await cloud.close()
})

/** A server, and its operations as no conductor takes them: `queued` lists whose turn it was. */
async function scene() {
  const serverId = await cloud.activeServer()
  const db = cloud.db.kysely
  const queued: string[] = []
  const queue = async (_trx: unknown, { id }: { id: string }) => void queued.push(id)
  const store = new OperationStore(db, queue, () => new Date())
  const askedBy = { requestId: 'req-1', userId: 'u', projectId: 'p' }
  const begin = async (id: string, kind: OperationKind, hold: Hold = {}) => {
    const operation = { id, kind, serverId, context: null, input: {}, action: kind, askedBy }
    return await db
      .transaction()
      .execute((trx) => beginOperation(trx, operation, hold, { queue, now: new Date() }))
  }
  const finish = async (id: string) => {
    const running = await store.begin(id)
    await store.finish(running!, { event: 'whole', changes: {} })
  }
  const server = async () => {
    const { task_state, operation_id } = await store.server(serverId)
    return { task_state, operation_id }
  }
  return { serverId, queued, begin, finish, server, store, db }
}

test('operations that show no task take turns, and one with a task comes behind them', async () => {
  const { queued, begin, finish, server } = await scene()
  const [one, two, stop] = [randomUUID(), randomUUID(), randomUUID()]
  assert.ok(await begin(one, 'attach-volume'))
  assert.ok(await begin(two, 'detach-volume'))
  assert.deepEqual(await server(), { task_state: null, operation_id: one })
  assert.ok(await begin(stop, 'stop-server', { taskState: 'powering-off', vmStates: ['active'] }))
  assert.equal(await begin(randomUUID(), 'attach-volume'), false, 'a server with a task takes no more')
  assert.deepEqual(queued, [one])
  const told = randomUUID()
  assert.ok(await begin(told, 'detach-interface', { behindTask: true }), 'what was told elsewhere waits')
  await finish(one)
  assert.deepEqual(await server(), { task_state: 'powering-off', operation_id: two })
  await finish(two)
  assert.deepEqual(await server(), { task_state: 'powering-off', operation_id: stop })
  await finish(stop)
  assert.deepEqual(await server(), { task_state: null, operation_id: told })
  await finish(told)
  assert.deepEqual(await server(), { task_state: null, operation_id: null })
  assert.deepEqual(queued, [one, two, stop, told])
})

test('a deletion comes last, and all before it are asked to end', async () => {
  const { serverId, queued, begin, finish, server, store, db } = await scene()
  const [one, two] = [randomUUID(), randomUUID()]
  await begin(one, 'attach-volume')
  await begin(two, 'attach-volume')
  assert.equal((await cloud.call('DELETE', `/servers/${serverId}`)).status, 204)
  for (const id of [one, two]) {
    const running = await store.begin(id)
    assert.equal(await store.wish(running!), 'delete')
    await finish(id)
    assert.equal((await server()).task_state, 'deleting')
  }
  assert.equal(await begin(randomUUID(), 'detach-interface', { behindTask: true }), false, 'it has no future')
  const deletion = await db
    .selectFrom('operations')
    .select(['id', 'state', 'request'])
    .where('server_id', '=', serverId)
    .where('kind', '=', 'delete-server')
    .executeTakeFirstOrThrow()
  assert.deepEqual(deletion, { id: (await server()).operation_id, state: 'queued', request: null })
  assert.deepEqual(queued, [one, two, deletion.id])
})
