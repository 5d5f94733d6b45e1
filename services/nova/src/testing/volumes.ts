import assert from 'node:assert/strict'
import type { Answer, TestCloud } from './cloud.ts'

/** An instance action as the API shows it. */
interface Action {
  action: string
  message: string | null
  events: { event: string; result: string | null }[]
}

/** What tests about volumes do again and again. */
export interface VolumeScene {
  /** Forgets what the fakes have noted and how they were to answer. */
  fresh(): void
  attach(server: string, volume: string, more?: object, headers?: Record<string, string>): Promise<Answer>
  detach(server: string, volume: string, headers?: Record<string, string>): Promise<Answer>
  /** A volume that a server has. @returns its id */
  attached(server: string, more?: object): Promise<string>
  /** Waits until nothing runs on a server. @returns the instance action of a request */
  ended(server: string, answer: Answer): Promise<Action>
  /** Waits until a volume has a status. */
  volumeIs(volume: string, status: string): Promise<void>
  /** Ids of the volumes that the API shows of a server. */
  volumesOf(server: string): Promise<string[]>
  /** Waits until nothing is left over. */
  nothingLeft(): Promise<void>
}

export function volumeScene(cloud: TestCloud): VolumeScene {
  const path = (server: string) => `/servers/${server}/os-volume_attachments`
  const scene: VolumeScene = {
    fresh() {
      cloud.agent.plans.clear()
      cloud.agent.calls.length = 0
      cloud.agent.jobs.length = 0
      cloud.cinder.calls.length = 0
      cloud.cinder.refuse = undefined
      cloud.cinder.expired.clear()
      cloud.neutron.calls.length = 0
      cloud.neutron.refuse = undefined
      cloud.neutron.lose = undefined
      cloud.neutron.expired.clear()
    },
    attach: (server, volumeId, more = {}, headers = cloud.in('2.79')) =>
      cloud.call('POST', path(server), { volumeAttachment: { volumeId, ...more } }, headers),
    detach: (server, volume, headers) =>
      cloud.call('DELETE', `${path(server)}/${volume}`, undefined, headers),
    async attached(server, more) {
      const volume = cloud.cinder.volume()
      const answer = await scene.attach(server, volume, more)
      assert.equal(answer.status, 200)
      assert.equal((await scene.ended(server, answer)).message, null)
      return volume
    },
    async ended(server, answer) {
      await cloud.eventually(async () => {
        const operations = cloud.db.kysely
          .selectFrom('operations')
          .select('id')
          .where('server_id', '=', server)
        return (await operations.where('finished_at', 'is', null).execute()).length === 0
      })
      const request = String(answer.headers['x-openstack-request-id'])
      const url = `/servers/${server}/os-instance-actions/${request}`
      const { json } = await cloud.call('GET', url, undefined, cloud.in('2.51'))
      return json['instanceAction'] as Action
    },
    async volumeIs(volume, status) {
      await cloud.eventually(async () => cloud.cinder.volumes.get(volume)?.status === status)
    },
    async volumesOf(server) {
      const { json } = await cloud.call('GET', path(server))
      return (json['volumeAttachments'] as { volumeId: string }[]).map(({ volumeId }) => volumeId)
    },
    async nothingLeft() {
      await cloud.eventually(async () => {
        const rows = await cloud.db.kysely.selectFrom('leftovers').select('id').execute()
        return rows.length === 0
      })
    },
  }
  return scene
}
