// Nova without a service token before a cinder that knows of CVE-2023-2088.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { Adapter, Conflict, Forbidden, type Session } from '@longhaul/keystoneauth'
import { regionName } from '../../tools/devstack/src/config-files.ts'
import { CloudClient } from '../../tools/devstack/src/demo/compute.ts'
import { userAuth } from '../../tools/devstack/src/identity-setup.ts'
import { cloudSession } from '../../tools/devstack/src/session.ts'
import { refusedDetachment } from './refused-detachment.ts'
import { TestCloud } from './test-cloud.ts'

describe('a volume of a server, and nova without a service token', { timeout: 120_000 }, () => {
  const signal = AbortSignal.timeout(120_000)
  let cloud: TestCloud
  let session: Session
  let user: CloudClient
  let compute: Adapter
  /** Block Storage, by who asks. */
  let cinder: Record<'admin' | 'demo', Adapter>
  let server: string
  let volume: string
  let attachment: string

  /** The volume's attachments, as an administrator sees them. */
  async function attachments(): Promise<{ id: string; status: string }[]> {
    const query = { volume_id: volume, all_tenants: 1 }
    const answer = await cinder.admin.get('/attachments', { query, microversion: '3.27' })
    const found = await answer.json<{ attachments: { id: string; status: string }[] }>()
    return found.attachments.map(({ id, status }) => ({ id, status }))
  }

  before(async () => {
    cloud = await TestCloud.start({ sendServiceUserToken: false })
    const { state, record } = cloud.cloud
    session = cloudSession(state, record)
    const [admin, demo] = [userAuth(record, 'admin'), userAuth(record, 'demo')]
    user = new CloudClient(session, demo)
    compute = new Adapter({ session, auth: demo, serviceType: 'compute', regionName })
    const common = { session, serviceType: 'volumev3', regionName }
    cinder = { admin: new Adapter({ ...common, auth: admin }), demo: new Adapter({ ...common, auth: demo }) }
    server = await cloud.idleServer()
    volume = await user.createVolume('v1', signal)
    await user.attach(server, volume, signal)
    attachment = (await attachments())[0]!.id
  })
  after(async () => {
    await session?.close()
    await cloud?.stop()
  })

  const requests: Record<string, (as: Adapter) => Promise<unknown>> = {
    'DELETE /attachments/{id}': (as) => as.delete(`/attachments/${attachment}`, { microversion: '3.27' }),
    'os-detach': (as) =>
      as.post(`/volumes/${volume}/action`, { json: { 'os-detach': { attachment_id: attachment } } }),
    'os-terminate_connection': (as) =>
      as.post(`/volumes/${volume}/action`, {
        json: { 'os-terminate_connection': { connector: { host: 'compute1' } } },
      }),
    'os-force_detach': (as) =>
      as.post(`/volumes/${volume}/action`, {
        json: { 'os-force_detach': { attachment_id: attachment } },
      }),
  }
  for (const [name, send] of Object.entries(requests)) {
    test(`${name} is refused, to administrators as well`, async () => {
      for (const who of ['demo', 'admin'] as const) {
        const error = await send(cinder[who]).then(
          () => assert.fail('it is not refused'),
          (reason: unknown) => reason,
        )
        // A member may not ask for the last two at all.
        if (who === 'demo' && error instanceof Forbidden) continue
        assert.ok(error instanceof Conflict, String(error))
        assert.deepEqual(JSON.parse(error.body), refusedDetachment(server))
      }
      assert.deepEqual(await attachments(), [{ id: attachment, status: 'attached' }])
    })
  }

  test('nova gives the volume back to its machine, where the original leaves it detaching', async () => {
    // The small guest lets go of nothing while it runs.
    const act = (json: object) => compute.post(`/servers/${server}/action`, { json })
    const untilIs = (status: string) =>
      cloud.until(`the server is ${status}`, async () => (await cloud.server(server)).status === status)
    await act({ 'os-stop': null })
    await untilIs('SHUTOFF')
    await compute.delete(`/servers/${server}/os-volume_attachments/${volume}`)
    await cloud.until(
      'the action has ended',
      async () => (await user.action(server, 'detach_volume'))?.message != null,
    )
    const { message, events } = (await user.action(server, 'detach_volume'))!
    const reason = `409 from cinder: ${refusedDetachment(server).conflictingRequest.message}`
    assert.equal(message, `Error: ${reason}`)
    assert.equal(events.find(({ event }) => event === 'compute_detach_volume')?.result, 'Error')
    await cloud.until('the server is idle', async () => {
      return (await cloud.server(server))['OS-EXT-STS:task_state'] === null
    })
    assert.equal((await user.volume(volume)).status, 'in-use')
    assert.deepEqual(await attachments(), [{ id: attachment, status: 'attached' }])
    const answer = await compute.get(`/servers/${server}/os-volume_attachments`)
    const { volumeAttachments } = await answer.json<{ volumeAttachments: { volumeId: string }[] }>()
    assert.deepEqual(
      volumeAttachments.map(({ volumeId }) => volumeId),
      [volume],
    )
    await act({ 'os-start': null })
    await untilIs('ACTIVE')
    const [machine] = cloud.guestProcesses(server)
    const commandLine = readFileSync(`/proc/${machine}/cmdline`, 'utf8')
    assert.ok(commandLine.includes(`"serial":"${volume}"`), 'the machine has the volume')
  })
})
