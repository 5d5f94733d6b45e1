import { NotFound, type Adapter } from '@longhaul/keystoneauth'
import { connectionInfoOf, type ConnectionInfo } from './devices-protocol.ts'

/** What nova reads of a volume. */
export interface Volume {
  id: string
  status: string
  multiattach: boolean
  /** GiB. */
  size: number
}

/** What a volume is given to a server by. */
export interface Attachment {
  id: string
  /** Server. */
  instance: string | null
  volume_id: string
}

/** An attachment with what its host needs; that holds secrets, so it is asked for whenever it is needed and not kept. */
export interface ConnectedAttachment extends Attachment {
  /** Undefined before a host is known. */
  connection_info: ConnectionInfo | undefined
}

/** How a host introduces itself to the Block Storage service. @see openstack/os-brick */
export interface Connector {
  host: string
  ip: string
  multipath: boolean
  platform: string
  os_type: string
  /** What the machine's system may call the volume, such as /dev/vdb; shown as its `device`. */
  mountpoint: string
}

/** Attachments that are completed. */
export const volumeMicroversion = '3.44'
// Of a driver that was busy; tried again as often as Nova does.
const patiently = { statusCodeRetries: 4, statusCodeRetryDelay: 0.2, retriableStatusCodes: [500, 504] }

/**
 * The Block Storage service, as the holder of the adapter's auth. Errors are keystoneauth's.
 *
 * @see Block Storage API v3; openstack/nova nova/volume/cinder.py
 */
export class VolumeClient {
  readonly #adapter: Adapter

  constructor(adapter: Adapter) {
    this.#adapter = adapter
  }

  async get(id: string): Promise<Volume> {
    const answer = await this.#adapter.get(`/volumes/${encodeURIComponent(id)}`)
    return (await answer.json<{ volume: Volume }>()).volume
  }

  /** One that is gone is fine. */
  async delete(id: string): Promise<void> {
    await unlessGone(this.#adapter.delete(`/volumes/${id}`))
  }

  /** Marks a volume that is in use, so that nobody else detaches it. */
  async beginDetaching(id: string): Promise<void> {
    await this.#act(id, 'os-begin_detaching')
  }

  /** Takes the mark back; a volume without it stays as it is. */
  async rollDetaching(id: string): Promise<void> {
    await this.#act(id, 'os-roll_detaching')
  }

  /**
   * Reserves a volume for a server.
   *
   * @param connector of a host that is connected at once. A volume that is connected to one host gets another in no other way.
   */
  async createAttachment(volumeId: string, serverId: string, connector?: Connector): Promise<Attachment> {
    const attachment = { volume_uuid: volumeId, instance_uuid: serverId, connector }
    const answer = await this.#adapter.post('/attachments', { json: { attachment } })
    return (await answer.json<{ attachment: Attachment }>()).attachment
  }

  /** Those of a volume and a server, in any project that the caller may look into. */
  async attachments(volumeId: string, serverId: string): Promise<Attachment[]> {
    const query = { volume_id: volumeId, instance_id: serverId, all_tenants: 1 }
    const answer = await this.#adapter.get('/attachments', { query })
    return (await answer.json<{ attachments: Attachment[] }>()).attachments
  }

  /** Those of all projects, page by page. Only for administrators. */
  async allAttachments(): Promise<Attachment[]> {
    const all: Attachment[] = []
    for (;;) {
      const marker = all.at(-1)?.id
      const query = { all_tenants: 1, ...(marker === undefined ? {} : { marker }) }
      const answer = await this.#adapter.get('/attachments', { query })
      const { attachments } = await answer.json<{ attachments: Attachment[] }>()
      if (attachments.length === 0) return all
      all.push(...attachments)
    }
  }

  async attachment(id: string): Promise<ConnectedAttachment> {
    const answer = await this.#adapter.get(`/attachments/${id}`)
    const { attachment } = await answer.json<{
      attachment: Attachment & { connection_info?: { driver_volume_type?: string } | null }
    }>()
    const { driver_volume_type, ...rest } = attachment.connection_info ?? {}
    const connected = driver_volume_type !== undefined
    return {
      ...attachment,
      connection_info: connected ? connectionInfoOf({ driver_volume_type, ...rest }) : undefined,
    }
  }

  /** Has the volume made ready for a host. */
  async connect(attachmentId: string, connector: Connector): Promise<void> {
    await this.#adapter.put(`/attachments/${attachmentId}`, {
      json: { attachment: { connector } },
      ...patiently,
    })
  }

  /** Says that the machine has the volume. */
  async complete(attachmentId: string): Promise<void> {
    await this.#adapter.post(`/attachments/${attachmentId}/action`, { json: { 'os-complete': null } })
  }

  /** One that is gone is fine. */
  async deleteAttachment(id: string): Promise<void> {
    await unlessGone(this.#adapter.delete(`/attachments/${id}`, patiently))
  }

  async #act(volumeId: string, action: string): Promise<void> {
    await this.#adapter.post(`/volumes/${volumeId}/action`, { json: { [action]: null } })
  }
}

async function unlessGone(deletion: Promise<unknown>): Promise<void> {
  try {
    await deletion
  } catch (error) {
    if (!(error instanceof NotFound)) throw error
  }
}
