import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import { BadRequest, NotFound } from '@longhaul/keystoneauth'
import type { Job } from '../jobs-protocol.ts'
import { testCloud, type TestCloud } from '../testing/cloud.ts'
import { connectionSecret } from '../testing/fake-cinder.ts'
import { readState } from '../testing/stored-state.ts'
import { removeLeftover } from './leftovers.ts'
import { volumeScene, type VolumeScene } from '../testing/volumes.ts'

let cloud: TestCloud
let scene: VolumeScene
let server: string

before(async () => {
  cloud = await testCloud()
  scene = volumeScene(cloud)
  await cloud.report([])
  server = await cloud.activeServer()
})
after(() => cloud.close())
beforeEach(() => scene.fresh())

const refusal = (status: number) => ({
  status,
  message: 'no',
  retryAfter: 0,
  method: 'GET',
  url: 'http://cinder',
  headers: {},
  body: '',
})
const running: Job = { state: 'running' }
const failed = (code: string, message: string): Job => ({
  state: 'failed',
  error: { code, message, terminal: true },
})
const gone = async (id: string) => (await cloud.call('GET', `/servers/${id}`)).status === 404
const callsOf = (id: string, name: string) =>
  cloud.cinder.calls.map(({ method, path, action }) =>
    `${method} ${path.replace(id, name)} ${action ?? ''}`
      .replace(/attachments\/[-\w]+/, 'attachments/A')
      .trim(),
  )

/** What nova-api writes before it asks Cinder. @returns the row's UUID */
async function reserve(volume: string, at: Date | null): Promise<string> {
  const uuid = randomUUID()
  const row = { uuid, server_id: server, volume_id: volume, attachment_id: null, device_name: '/dev/vdx' }
  const times = { reserved_at: at, created_at: new Date(), updated_at: new Date() }
  await cloud.db.kysely
    .insertInto('block_device_mappings')
    .values({ ...row, tag: null, delete_on_termination: false, ...times })
    .execute()
  return uuid
}

test('a volume is connected, attached by the host and completed, and leaves the same way', async () => {
  const volume = cloud.cinder.volume()
  const answer = await scene.attach(server, volume)
  assert.equal(answer.status, 200)
  const action = await scene.ended(server, answer)
  assert.equal(action.action, 'attach_volume')
  assert.equal(action.message, null)
  assert.ok(action.events.some(({ event }) => event === 'compute_attach_volume'))
  assert.equal(cloud.cinder.volumes.get(volume)?.status, 'in-use')
  assert.deepEqual(callsOf(volume, 'V'), [
    'GET /volumes/V',
    'POST /attachments',
    'PUT /attachments/A',
    'GET /attachments/A',
    'POST /attachments/A/action os-complete',
  ])
  const [attachment] = cloud.cinder.attachments.values()
  const { connector, connection_info: told } = attachment!
  assert.deepEqual(connector, {
    host: 'compute1',
    ip: '127.0.0.1',
    multipath: false,
    platform: 'x86_64',
    os_type: 'linux',
    mountpoint: '/dev/vdb',
  })
  const [job] = cloud.agent.jobs
  const { driver_volume_type, ...data } = told
  assert.deepEqual(job?.request.params, {
    volume: { id: volume, connection_info: { driver_volume_type, data } },
  })
  assert.equal(JSON.stringify(data).includes(connectionSecret), true)
  const stored = JSON.stringify(await readState(cloud.db.kysely, ''))
  assert.equal(stored.includes(connectionSecret), false, 'what connects the volume is not stored')

  cloud.cinder.calls.length = 0
  const detached = await scene.detach(server, volume)
  assert.equal(detached.status, 202)
  assert.equal((await scene.ended(server, detached)).message, null)
  assert.deepEqual(callsOf(volume, 'V'), [
    'POST /volumes/V/action os-begin_detaching',
    'DELETE /attachments/A',
  ])
  assert.deepEqual(cloud.agent.calls, ['PUT attach', 'FORGET', 'PUT detach', 'FORGET'])
  assert.equal(cloud.cinder.volumes.get(volume)?.status, 'available')
  assert.deepEqual(await scene.volumesOf(server), [])
  const tokens = new Set(cloud.cinder.calls.map(({ userToken }) => userToken))
  assert.equal(tokens.size, 1, "every call is made with the user's token")
  assert.ok(cloud.cinder.calls.every(({ serviceToken }) => serviceToken !== undefined))
})

test("a user's token that expires on the way does no harm beside a service token", async () => {
  const volume = cloud.cinder.volume()
  const expire = (): Job => {
    cloud.cinder.expired.add(cloud.cinder.calls.at(-1)?.userToken)
    return { state: 'done', result: {} }
  }
  cloud.agent.plans.set('attach', expire)
  cloud.agent.plans.set('detach', expire)
  assert.equal((await scene.ended(server, await scene.attach(server, volume))).message, null)
  const again = cloud.in('2.79', cloud.as(['member', 'reader']))
  assert.equal((await scene.ended(server, await scene.detach(server, volume, again))).message, null)
  assert.equal(cloud.cinder.volumes.get(volume)?.status, 'available')
  assert.equal(cloud.cinder.expired.size, 2)
})

test('several volumes at a time take turns, each with a name of its own', async () => {
  const volumes = [cloud.cinder.volume(), cloud.cinder.volume(), cloud.cinder.volume()]
  const answers = await Promise.all(volumes.map((volume) => scene.attach(server, volume)))
  const devices = answers.map(({ json }) => (json['volumeAttachment'] as { device: string }).device)
  assert.deepEqual(devices.toSorted(), ['/dev/vdb', '/dev/vdc', '/dev/vdd'])
  for (const answer of answers) await scene.ended(server, answer)
  assert.deepEqual((await scene.volumesOf(server)).toSorted(), volumes.toSorted())
  const gone = await Promise.all(volumes.map((volume) => scene.detach(server, volume)))
  const twice = await scene.detach(server, volumes[0]!)
  assert.ok(twice.status === 400 || twice.status === 404, `${twice.status}`)
  for (const answer of gone) await scene.ended(server, answer)
  assert.deepEqual(await scene.volumesOf(server), [])
})

test('a volume that the host cannot attach goes back, with the reason in the action', async () => {
  const volume = cloud.cinder.volume()
  cloud.agent.plans.set('attach', () => failed('volume_unreachable', 'the host cannot open the volume'))
  const action = await scene.ended(server, await scene.attach(server, volume))
  assert.equal(action.message, 'Error: the host cannot open the volume')
  assert.deepEqual(cloud.agent.calls, ['PUT attach', 'PUT disconnect', 'FORGET'])
  assert.equal(cloud.cinder.volumes.get(volume)?.status, 'available')
  assert.deepEqual(await scene.volumesOf(server), [])
  const deletion = cloud.cinder.calls.find(({ method }) => method === 'DELETE')
  assert.notEqual(deletion?.userToken, cloud.cinder.calls[0]?.userToken, "nova's own token deletes")
  assert.notEqual(deletion?.serviceToken, undefined)
})

test('a machine that does not let go keeps the volume until it does', async () => {
  const volume = cloud.cinder.volume()
  let stubborn = true
  cloud.agent.plans.set('attach', () => failed('monitor_lost', 'nobody knows whether it was attached'))
  cloud.agent.plans.set('disconnect', () => {
    if (!stubborn) return { state: 'done', result: {} }
    stubborn = false
    assert.equal(cloud.cinder.attachments.size, 1)
    return failed('device_detach_failed', 'the machine does not let go of the device')
  })
  await scene.ended(server, await scene.attach(server, volume))
  await scene.volumeIs(volume, 'available')
  await scene.nothingLeft()
  assert.equal(cloud.agent.calls.filter((call) => call === 'PUT disconnect').length, 2)
  assert.deepEqual(await scene.volumesOf(server), [])
})

test('a volume that the machine does not let go of is in use again', async () => {
  const volume = await scene.attached(server)
  cloud.agent.plans.set('detach', () =>
    failed('device_detach_failed', 'the machine does not let go of the device'),
  )
  const action = await scene.ended(server, await scene.detach(server, volume))
  assert.equal(action.message, 'Error: the machine does not let go of the device')
  assert.equal(cloud.cinder.volumes.get(volume)?.status, 'in-use')
  assert.deepEqual(await scene.volumesOf(server), [volume])
  cloud.agent.plans.clear()
  assert.equal((await scene.ended(server, await scene.detach(server, volume))).message, null)
})

test('deleting a server in the middle of an attachment cancels it, frees the volume and then the host', async () => {
  const id = await cloud.activeServer()
  const volume = cloud.cinder.volume()
  scene.fresh()
  cloud.agent.plans.set('attach', () => running)
  await scene.attach(id, volume)
  await cloud.agent.called('PUT attach')
  assert.equal((await cloud.call('DELETE', `/servers/${id}`)).status, 204)
  await cloud.eventually(() => gone(id))
  const tail = cloud.agent.calls.slice(cloud.agent.calls.indexOf('DELETE attach'))
  assert.deepEqual(tail, ['DELETE attach', 'PUT disconnect', 'FORGET', 'PUT destroy', 'FORGET'])
  assert.equal(cloud.cinder.volumes.get(volume)?.status, 'available')
  assert.equal(cloud.cinder.attachments.size, 0)
})

test('a deleted server frees its volumes; those that go with it are deleted', async () => {
  const id = await cloud.activeServer()
  const kept = await scene.attached(id)
  const lost = await scene.attached(id, { delete_on_termination: true })
  cloud.cinder.calls.length = 0
  await cloud.call('DELETE', `/servers/${id}`)
  await cloud.eventually(() => gone(id))
  assert.equal(cloud.cinder.volumes.get(kept)?.status, 'available')
  assert.equal(cloud.cinder.volumes.has(lost), false)
  assert.ok(cloud.cinder.calls.every(({ serviceToken }) => serviceToken !== undefined))
  assert.equal(new Set(cloud.cinder.calls.map(({ userToken }) => userToken)).size, 1)
  await scene.nothingLeft()
})

test('what Cinder refuses of a deleted server is done later, as nova itself', async () => {
  const id = await cloud.activeServer()
  const volume = await scene.attached(id, { delete_on_termination: true })
  const user = cloud.cinder.calls.at(-1)?.userToken
  cloud.cinder.refuse = ({ userToken }) => (userToken === user ? 401 : undefined)
  await cloud.call('DELETE', `/servers/${id}`)
  await cloud.eventually(() => gone(id))
  await cloud.eventually(async () => !cloud.cinder.volumes.has(volume))
  await scene.nothingLeft()
  const left = cloud.conductor.log.filter((line) => line['msg'] === 'not released, will be tried again')
  assert.deepEqual(
    left.map((line) => [line['kind'], line['reason']]),
    [
      ['volume-attachment', '401 from cinder: The request you have made is refused.'],
      ['volume', '401 from cinder: The request you have made is refused.'],
    ],
  )
})

test('a volume that is free and cannot be deleted stays with its user, whoever tries it', async () => {
  const kept = async (until: 'user' | 'nova') => {
    const id = await cloud.activeServer()
    const volume = await scene.attached(id, { delete_on_termination: true })
    const user = cloud.cinder.calls.at(-1)?.userToken
    cloud.cinder.refuse = ({ method, path, userToken }) => {
      if (until === 'nova' && userToken === user) return 401
      return method === 'DELETE' && path === `/volumes/${volume}` ? 400 : undefined
    }
    await cloud.call('DELETE', `/servers/${id}`)
    await cloud.eventually(() => gone(id))
    await scene.nothingLeft()
    cloud.cinder.refuse = undefined
    assert.equal(cloud.cinder.volumes.get(volume)?.status, 'available')
  }
  await kept('user')
  await kept('nova')
})

test('what a nova-api that died has reserved is given up', async () => {
  const { cinder, db } = cloud
  const detaching = await scene.attached(server)
  const long = new Date(Date.now() - 60_000)
  // Died after Cinder made the attachment, and after it marked a volume.
  const reserved = cinder.volume({ status: 'reserved' })
  const made = { status: 'reserved', instance: server, volume_id: reserved, connection_info: {} }
  cinder.attachments.set('made', { id: 'made', ...made })
  await reserve(reserved, long)
  cinder.volumes.get(detaching)!.status = 'detaching'
  await db.kysely
    .updateTable('block_device_mappings')
    .set({ reserved_at: long })
    .where('volume_id', '=', detaching)
    .execute()
  await scene.volumeIs(reserved, 'available')
  await scene.volumeIs(detaching, 'in-use')
  await scene.nothingLeft()
  const rows = await db.kysely
    .selectFrom('block_device_mappings')
    .select(['volume_id', 'reserved_at'])
    .execute()
  assert.deepEqual(rows, [{ volume_id: detaching, reserved_at: null }])
  assert.equal((await scene.ended(server, await scene.detach(server, detaching))).message, null)
})

test('without credentials in [cinder] a reservation waits', async () => {
  const volume = cloud.cinder.volume()
  const uuid = await reserve(volume, null)
  const agent = () => Promise.reject(new Error('no agent is asked'))
  const left = { resource_id: uuid, operation_id: null, host: null, attempt: 1 }
  const { kysely: db } = cloud.db
  const powerless = { db, images: undefined, volumes: undefined, network: undefined, agent }
  for (const kind of ['volume-reservation', 'volume-attachment', 'volume-detaching', 'volume', 'image']) {
    const removal = removeLeftover(powerless, { ...left, kind }, async () => {})
    await assert.rejects(removal, { code: 'credentials_missing' })
  }
  const rows = cloud.db.kysely.deleteFrom('block_device_mappings').where('uuid', '=', uuid)
  assert.equal((await rows.executeTakeFirst()).numDeletedRows, 1n, 'it is still there')
})

test('a machine is shown what Cinder has extended', async () => {
  const volume = await scene.attached(server)
  cloud.cinder.volumes.get(volume)!.size = 3
  scene.fresh()
  const service = cloud.as(['service'], 'service')
  const extended = { name: 'volume-extended', server_uuid: server, tag: volume }
  const tell = (event: object, version: '2.50' | '2.51') =>
    cloud.call('POST', '/os-server-external-events', { events: [event] }, cloud.in(version, service))
  assert.equal((await tell(extended, '2.50')).status, 400)
  assert.equal((await tell({ ...extended, tag: randomUUID() }, '2.51')).status, 200)
  const { tag: _tag, ...untold } = extended
  const refused = await tell(untold, '2.51')
  assert.equal(refused.status, 207)
  assert.deepEqual(refused.json, { events: [{ ...untold, status: 'failed', code: 400 }] })
  const answer = await tell(extended, '2.51')
  assert.deepEqual(answer.json, { events: [{ ...extended, status: 'completed', code: 200 }] })
  const action = await scene.ended(server, answer)
  assert.deepEqual([action.action, action.message], ['extend_volume', null])
  assert.ok(action.events.some(({ event }) => event === 'compute_extend_volume'))
  assert.deepEqual(cloud.agent.calls, ['PUT extend', 'FORGET'])
  assert.deepEqual(cloud.agent.jobs[0]?.request.params, { volume, size: 3 * 2 ** 30 })
  await scene.ended(server, await scene.detach(server, volume))
})

test('without a service token Cinder refuses to let a volume go: the machine gets it back, it is in use again, and the action says why', async () => {
  await cloud.conductor.kill()
  // From here on, for the tests that follow as well.
  await cloud.anotherConductor('plain', '[service_user]\nsend_service_user_token = false').start()
  const volume = await scene.attached(server)
  const [attachment] = cloud.cinder.attachments.values()
  scene.fresh()
  const answer = await scene.detach(server, volume)
  assert.equal(answer.status, 202)
  const action = await scene.ended(server, answer)
  assert.equal(action.action, 'detach_volume')
  assert.equal(
    action.message,
    `Error: 409 from cinder: Detach volume from instance ${server} using the Compute API`,
  )
  const failedSteps = action.events.filter(({ result }) => result === 'Error').map(({ event }) => event)
  assert.deepEqual(failedSteps.toSorted(), ['compute_detach_volume', 'delete-attachment'])
  assert.deepEqual(cloud.agent.calls, ['PUT detach', 'PUT reattach', 'FORGET'])
  const { request } = cloud.agent.jobs.at(-1)!
  assert.ok(request.kind === 'attach_volume')
  assert.equal(request.params.volume.connection_info.data['export'], attachment?.id)
  assert.equal(cloud.cinder.volumes.get(volume)?.status, 'in-use')
  assert.deepEqual(await scene.volumesOf(server), [volume])
  const own = cloud.cinder.calls.filter(({ userToken }) => userToken !== cloud.cinder.calls[0]?.userToken)
  assert.deepEqual(
    own.map(({ method, action: name }) => name ?? method),
    ['GET', 'os-roll_detaching'],
    'nova itself undoes',
  )
  const shown = await cloud.serverIs(server, (one) => one['OS-EXT-STS:task_state'] === null)
  assert.equal(shown['status'], 'ACTIVE')
  await scene.nothingLeft()
})

test("without a service token a user's token that expires on the way ends the attachment, and nothing of it stays", async () => {
  const volume = cloud.cinder.volume()
  cloud.agent.plans.set('attach', () => {
    cloud.cinder.expired.add(cloud.cinder.calls[0]?.userToken)
    return { state: 'done', result: {} }
  })
  const headers = cloud.in('2.79', cloud.as(['member', 'reader']))
  const action = await scene.ended(server, await scene.attach(server, volume, {}, headers))
  assert.equal(action.message, 'Error: 401 from cinder: The request you have made is refused.')
  assert.deepEqual(cloud.agent.calls, ['PUT attach', 'PUT disconnect', 'FORGET'])
  assert.equal(cloud.cinder.volumes.get(volume)?.status, 'available')
  await scene.nothingLeft()
})

test('without a service token a server is deleted although Cinder refuses to free its volume, which nova does later', async () => {
  const id = await cloud.activeServer()
  const volume = await scene.attached(id)
  await cloud.call('DELETE', `/servers/${id}`)
  await cloud.eventually(async () => (await cloud.call('GET', `/servers/${id}`)).status === 404)
  await scene.volumeIs(volume, 'available')
  await scene.nothingLeft()
})

test('what an earlier execution left goes as the last one, and not while that is under way', async () => {
  const { kysely: db } = cloud.db
  const { id } = await db
    .selectFrom('operations')
    .select('id')
    .where('server_id', '=', server)
    .where('finished_at', 'is not', null)
    .orderBy('created_at')
    .executeTakeFirstOrThrow()
  const asked: unknown[] = []
  const agent = async (host: string, operation: object) => {
    asked.push([host, operation])
    return { forget: async () => {} } as never
  }
  const options = { db, images: undefined, volumes: undefined, network: undefined, agent }
  const left = { kind: 'agent-operation', resource_id: id, operation_id: id, host: 'compute1', attempt: 1 }
  const remove = () => removeLeftover(options, left, async () => {})
  const become = (values: object) => db.updateTable('operations').set(values).where('id', '=', id).execute()
  await become({ attempt: 3, finished_at: null, state: 'running' })
  try {
    await assert.rejects(remove(), { code: 'server_busy' })
  } finally {
    await become({ finished_at: new Date(), state: 'done' })
  }
  await remove()
  assert.deepEqual(asked, [['compute1', { id, attempt: 3 }]])
})

test('a volume that was to go with its server is not taken from the next one', async () => {
  const volume = cloud.cinder.volume({ status: 'in-use' })
  const { kysely: db } = cloud.db
  const operation = await db
    .selectFrom('operations')
    .select('id')
    .where('server_id', '=', server)
    .executeTakeFirstOrThrow()
  const attachment = (instance: string) => ({ id: randomUUID(), instance, volume_id: volume })
  let holder = server
  let status = 'in-use'
  const volumes = {
    attachments: async (_volume: string, wanted: string) => (wanted === holder ? [attachment(holder)] : []),
    delete: () => Promise.reject(new BadRequest(refusal(400))),
    get: async () => ({ status }),
    deleteAttachment: async () => {},
    rollDetaching: async () => {},
  }
  const agent = () => Promise.reject(new Error('no agent is asked'))
  const options = { db, images: undefined, volumes, network: undefined, agent }
  const left = { kind: 'volume', resource_id: volume, operation_id: operation.id, host: null, attempt: 1 }
  const remove = () => removeLeftover(options, left, async () => {})
  await assert.rejects(remove(), BadRequest, 'its own server has it still')
  holder = randomUUID()
  await remove()
  status = 'error_deleting'
  await assert.rejects(remove(), BadRequest, 'nobody has it')
})

test('what was never there is no reason to forget a reservation', async () => {
  const uuid = await reserve(cloud.cinder.volume(), null)
  const { kysely: db } = cloud.db
  const nowhere = () => Promise.reject(new NotFound(refusal(404)))
  const volumes = {
    attachments: nowhere,
    delete: nowhere,
    get: nowhere,
    deleteAttachment: nowhere,
    rollDetaching: nowhere,
  }
  const agent = () => Promise.reject(new Error('no agent is asked'))
  const options = { db, images: undefined, volumes, network: undefined, agent }
  const left = { kind: 'volume-reservation', resource_id: uuid, operation_id: null, host: null, attempt: 1 }
  await assert.rejects(
    removeLeftover(options, left, async () => {}),
    NotFound,
  )
  await db.deleteFrom('block_device_mappings').where('uuid', '=', uuid).execute()
})
