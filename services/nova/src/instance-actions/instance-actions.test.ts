import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { testCloud, type TestCloud } from '../testing/cloud.ts'
import type { Version } from '../microversions.ts'

let cloud: TestCloud
let admin: Record<string, string>
let id: string

/** A server that was made, locked, unlocked, locked, unlocked. */
before(async () => {
  cloud = await testCloud()
  admin = cloud.as(['admin'], 'admin')
  await cloud.report([])
  id = await cloud.activeServer()
  for (const action of ['lock', 'unlock', 'lock', 'unlock']) {
    await cloud.call('POST', `/servers/${id}/action`, { [action]: null })
  }
})
after(async () => {
  await cloud.close()
})

type Action = Record<string, unknown> & { action: string; request_id: string }

const ask = (path: string, version: Version, headers?: Record<string, string>) =>
  cloud.call('GET', `/servers/${id}/os-instance-actions${path}`, undefined, cloud.in(version, headers))
const list = async (query = '', version: Version = '2.1') =>
  (await ask(query, version)).json['instanceActions'] as Action[]
async function one(version: Version, headers?: Record<string, string>): Promise<Record<string, unknown>> {
  const { request_id: request } = (await list()).at(-1)!
  return (await ask(`/${request}`, version, headers)).json['instanceAction'] as Record<string, unknown>
}
const event = async (version: Version, headers?: Record<string, string>) =>
  ((await one(version, headers))['events'] as Record<string, unknown>[] | undefined)?.[0]

test('actions are listed newest first, with the time of their last change from 2.58 on', async () => {
  const names = ['unlock', 'lock', 'unlock', 'lock', 'create']
  assert.deepEqual(
    (await list()).map(({ action }) => action),
    names,
  )
  assert.ok(!('updated_at' in (await list())[0]!))
  assert.ok('updated_at' in (await list('', '2.58'))[0]!)
})

test('events are shown to everybody from 2.51 on, tracebacks and hosts to administrators', async () => {
  assert.equal(await event('2.50'), undefined)
  const plain = ['event', 'start_time', 'finish_time', 'result']
  assert.deepEqual(Object.keys((await event('2.50', admin))!), [...plain, 'traceback'])
  assert.deepEqual(Object.keys((await event('2.51'))!), plain)
  assert.deepEqual(Object.keys((await event('2.62'))!), [...plain, 'hostId'])
  assert.deepEqual(Object.keys((await event('2.62', admin))!), [...plain, 'traceback', 'host', 'hostId'])
  assert.deepEqual(Object.keys((await event('2.84', admin))!), [
    ...plain,
    'traceback',
    'host',
    'hostId',
    'details',
  ])
  const server = (await cloud.call('GET', `/servers/${id}`)).json['server'] as { hostId: string }
  assert.match(server.hostId, /^[0-9a-f]{56}$/)
})

test('pages and times come with 2.58 and 2.66', async () => {
  const first = await ask('?limit=2', '2.58')
  const [{ href, rel }] = first.json['links'] as [{ href: string; rel: string }]
  assert.equal(rel, 'next')
  const second = await ask(href.replace(/.*os-instance-actions/, ''), '2.58')
  assert.deepEqual(
    (second.json['instanceActions'] as Action[]).map(({ action }) => action),
    ['unlock', 'lock'],
  )
  const future = encodeURIComponent('2100-01-01T00:00:00+00:00')
  assert.deepEqual(await list(`?changes-since=${future}`, '2.58'), [])
  assert.equal((await list(`?changes-before=${future}`, '2.66')).length, 5)
  for (const [query, version] of [
    ['?unknown=1', '2.58'],
    [`?changes-before=${future}`, '2.65'],
    [`?changes-since=${future}&changes-before=2020-01-01`, '2.66'],
    ['?limit=x', '2.58'],
    ['?marker=none', '2.58'],
    ['?limit=1&limit=2', '2.58'],
  ] as const) {
    assert.equal((await ask(query, version)).status, 400, query)
  }
  assert.equal((await list('?limit=1')).length, 5, 'unknown before')
})

test('what was done with a deleted server is told from 2.21 on', async () => {
  const deleted = await cloud.activeServer()
  await cloud.call('DELETE', `/servers/${deleted}`)
  await cloud.eventually(async () => (await cloud.call('GET', `/servers/${deleted}`)).status === 404)
  const path = `/servers/${deleted}/os-instance-actions`
  assert.equal((await cloud.call('GET', path, undefined, cloud.in('2.20'))).status, 404)
  assert.equal((await cloud.call('GET', path, undefined, cloud.in('2.21'))).status, 200)
})

test('an action that is not there is not found', async () => {
  const missing = await ask('/req-none', '2.1')
  assert.equal(missing.status, 404)
  assert.match((missing.json['itemNotFound'] as { message: string }).message, /Action req-none not found/)
})
