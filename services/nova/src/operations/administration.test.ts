import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { sql } from 'kysely'
import type { Job } from '../jobs-protocol.ts'
import { testCloud, type TestCloud } from '../testing/cloud.ts'
import { OperationAdministration, type OperationView } from './administration.ts'

let cloud: TestCloud

before(async () => {
  cloud = await testCloud()
  await cloud.report([])
})
after(async () => {
  await cloud.close()
})
beforeEach(() => {
  cloud.agent.plans.clear()
  cloud.glance.refuse = undefined
})

const idle = (server: Record<string, unknown>) => server['OS-EXT-STS:task_state'] === null

/** A snapshot whose backup goes on until the plan of the agent is changed. */
async function snapshotUnderWay(): Promise<{ server: string; image: string; operation: string }> {
  const server = await cloud.activeServer()
  cloud.agent.calls.length = 0
  cloud.agent.plans.set('backup', () => ({ state: 'running' }))
  const answer = await cloud.call('POST', `/servers/${server}/action`, { createImage: { name: 'snap' } })
  await cloud.agent.called('PUT backup')
  const [found] = await list({ server })
  return { server, image: String(answer.headers['location']).replace(/.*\//, ''), operation: found!.id }
}

const administration = () =>
  new OperationAdministration(
    cloud.db.kysely,
    { revive: () => Promise.reject(new Error('not asked for')) },
    () => new Date(),
  )
const list = (filter: { server?: string; all?: boolean } = {}) =>
  administration().list({ limit: 100, ...filter })
const show = (id: string) => administration().show(id)

const workflows = async () =>
  (await sql<{ id: string }>`select workflow_uuid as id from dbos.workflow_status`.execute(cloud.db.kysely))
    .rows

const guestStopped = (): Job => ({
  state: 'failed',
  error: { code: 'guest_stopped', message: 'the guest ended', terminal: true },
})

const workflowStatus = async (id: string) =>
  (
    await sql<{
      status: string
    }>`select status from dbos.workflow_status where workflow_uuid = ${id}`.execute(cloud.db.kysely)
  ).rows[0]?.status

test('a running operation is listed with its step, and rolled back on request', async () => {
  const { server, image, operation } = await snapshotUnderWay()
  const { out } = await cloud.manage('operations', 'list', '--json')
  const [listed, ...others] = (JSON.parse(out) as { operations: OperationView[] }).operations
  assert.deepEqual(others, [])
  assert.deepEqual([listed?.kind, listed?.state, listed?.step], ['create-image', 'running', 'extract'])

  assert.equal((await cloud.manage('operations', 'rollback', operation)).status, 0)
  await cloud.serverIs(server, idle)
  assert.ok(!cloud.glance.images.has(image), 'the image is deleted')
  const ended = await show(operation)
  assert.equal(ended.state, 'failed')
  assert.equal(ended.error, 'an operator has given the operation up')
  assert.deepEqual(ended.steps.at(-1)?.result, 'Error')
  assert.deepEqual(await list(), [])
})

test('an operation that is executed is executed anew on request, and the first execution does no harm', async () => {
  const { server, image, operation } = await snapshotUnderWay()
  const attemptsOf = () =>
    cloud.agent.jobs.filter((job) => job.operation === operation).map((job) => job.request.attempt)
  assert.equal((await cloud.manage('operations', 'retry', operation)).status, 0)
  await cloud.eventually(async () => attemptsOf().includes(2))
  const replaced = (line: Record<string, unknown>) =>
    line['operation'] === operation && /another execution has taken over/.test(String(line['msg']))
  await cloud.eventually(async () => cloud.conductor.log.some(replaced))
  cloud.agent.plans.set('backup', guestStopped)
  await cloud.serverIs(server, idle)
  assert.ok(!cloud.glance.images.has(image))
  const ended = await show(operation)
  assert.deepEqual([ended.state, ended.attempt, ended.error], ['failed', 2, 'the guest ended'])
  // The end of the first execution is none of the operation's.
  await cloud.eventually(async () => (await workflowStatus(operation)) === 'SUCCESS')
})

test('what cannot be done is told with exit status 1', async () => {
  const unknown = await cloud.manage('operations', 'show', 'nothing')
  assert.deepEqual([unknown.status, unknown.err], [1, 'nova-manage: there is no operation nothing\n'])
  const server = await cloud.activeServer()
  const [created] = await list({ all: true, server })
  for (const verb of ['retry', 'rollback']) {
    const refused = await cloud.manage('operations', verb, created!.id)
    assert.equal(refused.status, 1)
    assert.match(refused.err, /has ended/)
  }
  await cloud.call('DELETE', `/servers/${server}`)
  const [deletion] = await list({ all: true, server })
  const refused = await cloud.manage('operations', 'rollback', deletion!.id)
  assert.match(refused.err, /deletes a server/)
  assert.equal((await cloud.manage('operations', 'list', '--limit', '0')).status, 1)
})

test('an operation whose execution ended too early is executed again by itself', async () => {
  const { server, image, operation } = await snapshotUnderWay()
  await cloud.conductor.kill()
  await sql`update dbos.workflow_status set status = 'ERROR' where workflow_uuid = ${operation}`.execute(
    cloud.db.kysely,
  )
  const created_at = new Date(Date.now() - 60_000)
  await cloud.db.kysely.updateTable('operations').set({ created_at }).where('id', '=', operation).execute()
  cloud.agent.plans.set('backup', guestStopped)
  await cloud.conductor.start()
  await cloud.serverIs(server, idle)
  assert.ok(!cloud.glance.images.has(image))
  assert.equal((await show(operation)).attempt, 2)
})

test('what an operation left over is listed with it, and tried again at once on request', async () => {
  const { server, image, operation } = await snapshotUnderWay()
  cloud.glance.refuse = (call) => (call.method === 'DELETE' ? 403 : undefined)
  await cloud.manage('operations', 'rollback', operation)
  await cloud.serverIs(server, idle)
  const { leftovers } = await show(operation)
  assert.deepEqual(
    leftovers.map(({ kind, id }) => [kind, id]),
    [['image', image]],
  )
  const text = (await cloud.manage('operations', 'show', operation)).out
  assert.match(text, new RegExp(`left over\\nimage +${image}`))

  cloud.glance.refuse = undefined
  assert.equal((await cloud.manage('operations', 'retry', operation)).status, 0)
  await cloud.eventually(async () => (await show(operation)).leftovers.length === 0)
  assert.ok(!cloud.glance.images.has(image))
})

test('a purge removes what has ended, in the engine too, and nothing else', async () => {
  const { server, operation } = await snapshotUnderWay()
  const gone = await cloud.activeServer()
  await cloud.call('DELETE', `/servers/${gone}`)
  await cloud.eventually(async () => (await cloud.call('GET', `/servers/${gone}`)).status === 404)

  assert.equal((await cloud.manage('db', 'purge')).status, 1, 'neither --before nor --all')
  assert.equal((await cloud.manage('db', 'purge', '--before', '2001-01-01')).status, 3, 'nothing was there')
  const purged = await cloud.manage('db', 'purge', '--all', '--verbose')
  assert.equal(purged.status, 0, purged.err)
  assert.match(purged.out, /^operations: \d+\n/)
  assert.deepEqual(
    (await list({ all: true })).map(({ id }) => id),
    [operation],
  )
  assert.deepEqual(await workflows(), [{ id: operation }])
  const kept = await cloud.db.kysely.selectFrom('servers').select('id').execute()
  assert.ok(kept.some(({ id }) => id === server) && !kept.some(({ id }) => id === gone))
  await cloud.manage('operations', 'rollback', operation)
  await cloud.serverIs(server, idle)
})
