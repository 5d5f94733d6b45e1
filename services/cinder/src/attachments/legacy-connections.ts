import { ApiError } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import { invalidVolume, volumeNotFound } from '../answers.ts'
import type { Connector } from '../connector.ts'
import { isUuid } from '../parameter-types.ts'
import { ownedBy } from '../request-context.ts'
import type { Attachments, AttachmentsParts } from './attachments.ts'
import { connectionInfo, flatConnectionInfo } from './connection-info.ts'
import { assertDeletionAllowed } from './deletion-rule.ts'
import type { Attachment } from './store.ts'

/** What `os-attach` says. */
export interface AttachRequest {
  instanceId: string | null
  hostName: string | null
  mountpoint: string
  mode: 'rw' | 'ro'
}

/**
 * Connections as they were before there were attachments: the volume is opened for a host first, and said to be attached
 * afterwards. An opened volume is an attachment without a server, which `os-attach` then gives one.
 */
export class LegacyConnections {
  readonly #parts: Pick<AttachmentsParts, 'store' | 'policy' | 'volumes' | 'exports' | 'turns' | 'randomUUID'>
  readonly #attachments: Attachments

  constructor(parts: AttachmentsParts, attachments: Attachments) {
    this.#parts = parts
    this.#attachments = attachments
  }

  /** Opens a volume for a host. Repeating it is fine. @throws ApiError 400 `invalid_volume`, 403, 404, 500 */
  async initialize(context: RequestContext, id: string, connector: Connector): Promise<object> {
    const { store, exports, turns, randomUUID } = this.#parts
    const volume = await this.#authorized(context, id, 'initialize_connection')
    if (volume.status === 'maintenance') throw inMaintenance('connection cannot be initialized')
    const host = connector.host ?? ''
    const writable = connector.mode !== 'ro' && volume.readonly === 0
    return await turns.take(volume.id, async () => {
      const known = (await store.ofVolume(volume.id)).find(
        (one) => one.attached_host === host && one.connection_info !== null,
      )
      const attachmentId = known?.id ?? randomUUID()
      const connection = { volumeId: volume.id, attachmentId, socket: exports.socket(volume.id), writable }
      try {
        await exports.export(volume.id, attachmentId, { writable })
        await store.locked(volume.id, async (now, trx) => {
          if (!now) throw volumeNotFound(volume.id)
          if (known) return
          await store.insert(trx, {
            id: attachmentId,
            volume_id: volume.id,
            project_id: volume.project_id,
            instance_uuid: null,
            attached_host: host,
            mountpoint: connector.mountpoint ?? null,
            attach_mode: writable ? 'rw' : 'ro',
            attach_status: 'attaching',
            connector: JSON.stringify(connector),
            connection_info: JSON.stringify(flatConnectionInfo(connection)),
            attach_time: null,
            created_at: store.time,
          })
        })
      } catch (error) {
        if (!known) await exports.unexport(volume.id, attachmentId)
        if (error instanceof ApiError) throw error
        const message = 'Unable to fetch connection information from backend.'
        throw new ApiError({ status: 500, code: 'volume_not_exported', message, cause: error })
      }
      return connectionInfo(connection)
    })
  }

  /** Closes a volume for a host, or, without a connector, for all. @throws ApiError as `assertDeletionAllowed`, 403, 404 */
  async terminate(context: RequestContext, id: string, connector: Connector | null): Promise<void> {
    const { store, exports, turns } = this.#parts
    const volume = await this.#authorized(context, id, 'terminate_connection')
    const attachments = await store.ofVolume(volume.id)
    await assertDeletionAllowed(this.#attachments.rule, context, {
      volumeId: volume.id,
      attachments,
      named: undefined,
    })
    const ended = attachments.filter(
      (one) => one.connection_info !== null && (!connector || one.attached_host === (connector.host ?? '')),
    )
    for (const one of ended) {
      // A server that was told to have it keeps its attachment until `os-detach`.
      if (one.attach_status !== 'attached') {
        await this.#attachments.end(one)
        continue
      }
      await turns.take(volume.id, async () => {
        await exports.unexport(volume.id, one.id)
        await store.update(store.db, one.id, { connection_info: null, connector: null })
      })
    }
    await this.unreserve(context, volume.id)
  }

  /** Says that a server or a host has the volume. @throws ApiError 400 `invalid_volume`, 403, 404 */
  async attach(context: RequestContext, id: string, request: AttachRequest): Promise<void> {
    const { store, randomUUID } = this.#parts
    const seen = await this.#authorized(context, id, 'attach')
    if (seen.status === 'maintenance') throw inMaintenance('volume cannot be attached')
    if (seen.readonly && request.mode !== 'ro') {
      throw invalidVolume(`Invalid attaching mode '${request.mode}' for volume ${seen.id}.`)
    }
    await store.locked(seen.id, async (volume, trx) => {
      if (!volume) throw volumeNotFound(seen.id)
      const isHis = (one: Attachment) =>
        one.attach_status === 'attached' &&
        (request.instanceId === null
          ? one.attached_host === request.hostName
          : one.instance_uuid === request.instanceId)
      if (!volume.attachments.some(isHis)) {
        if (volume.status === 'in-use' && !volume.multiattach) {
          throw invalidVolume('volume is already attached and multiple attachments are not enabled')
        }
        const said = {
          instance_uuid: request.instanceId,
          mountpoint: request.mountpoint,
          attach_mode: request.mode,
          attach_status: 'attached',
          attach_time: store.time,
        }
        const opened = volume.attachments.find(
          (one) => one.instance_uuid === null && one.attach_status === 'attaching',
        )
        if (opened) await store.update(trx, opened.id, said)
        else {
          await store.insert(trx, {
            ...said,
            id: randomUUID(),
            volume_id: volume.id,
            project_id: volume.project_id,
            attached_host: request.hostName,
            connector: null,
            connection_info: null,
            created_at: store.time,
          })
        }
      }
      await store.setVolume(trx, volume.id, { status: 'in-use', attach_status: 'attached' })
    })
  }

  /** @param attachmentId which; may be left out if there is one at most @throws ApiError as `assertDeletionAllowed`, 400, 403, 404 */
  async detach(context: RequestContext, id: string, attachmentId: string | null): Promise<void> {
    const volume = await this.#authorized(context, id, 'detach')
    await this.#detach(context, volume.id, attachmentId)
  }

  /** @throws ApiError as `detach` */
  async forceDetach(context: RequestContext, id: string, attachmentId: string | null): Promise<void> {
    const { volumes, policy } = this.#parts
    const volume = await volumes.get(context, id)
    policy.authorize('volume_extension:volume_admin_actions:force_detach', ownedBy(volume), context)
    await this.#detach(context, volume.id, attachmentId)
  }

  /** Keeps the volume for a server that will attach it. @throws ApiError 400 `invalid_volume`, 403, 404 */
  async reserve(context: RequestContext, id: string): Promise<void> {
    const { store } = this.#parts
    const seen = await this.#authorized(context, id, 'reserve')
    await store.locked(seen.id, async (volume, trx) => {
      const allowed = ['available', ...(volume?.multiattach ? ['in-use'] : [])]
      if (!volume || !allowed.includes(volume.status)) {
        throw invalidVolume(
          `Volume status must be ${allowed.join(' or ')} to reserve, but the status is ${volume?.status ?? 'deleted'}.`,
        )
      }
      await store.setVolume(trx, volume.id, { status: 'attaching' })
    })
  }

  /** Gives a reserved volume free; another one stays as it is. @throws ApiError 403, 404 */
  async unreserve(context: RequestContext, id: string): Promise<void> {
    const { store } = this.#parts
    const seen = await this.#authorized(context, id, 'unreserve')
    await store.locked(seen.id, async (volume, trx) => {
      if (volume?.status !== 'attaching') return
      const isUsed = volume.attachments.some((one) => one.attach_status === 'attached')
      await store.setVolume(trx, volume.id, { status: isUsed ? 'in-use' : 'available' })
    })
  }

  /** @throws ApiError 400 `invalid_volume`, 403, 404 */
  async beginDetaching(context: RequestContext, id: string): Promise<void> {
    const { store } = this.#parts
    const seen = await this.#authorized(context, id, 'begin_detaching')
    await store.locked(seen.id, async (volume, trx) => {
      if (volume?.status !== 'in-use' || volume.attach_status !== 'attached') {
        throw invalidVolume(
          "Unable to detach volume. Volume status must be 'in-use' and attach_status must be 'attached' to detach.",
        )
      }
      await store.setVolume(trx, volume.id, { status: 'detaching' })
    })
  }

  /** @throws ApiError 403, 404 */
  async rollDetaching(context: RequestContext, id: string): Promise<void> {
    const { store } = this.#parts
    const seen = await this.#authorized(context, id, 'roll_detaching')
    await store.locked(seen.id, async (volume, trx) => {
      if (volume?.status === 'detaching') await store.setVolume(trx, volume.id, { status: 'in-use' })
    })
  }

  async #detach(context: RequestContext, volumeId: string, attachmentId: string | null): Promise<void> {
    const { store } = this.#parts
    const attachments = await store.ofVolume(volumeId)
    const named =
      attachmentId === null
        ? undefined
        : ((isUuid(attachmentId) ? await store.get(attachmentId.toLowerCase()) : undefined) ?? 'unknown')
    await assertDeletionAllowed(this.#attachments.rule, context, { volumeId, attachments, named })
    if (named === undefined && attachments.length > 1) {
      throw invalidVolume('Detach volume failed: More than one attachment, but no attachment_id provided.')
    }
    const ended = named === 'unknown' ? undefined : (named ?? attachments[0])
    // None of that id: the volume becomes what its attachments make of it.
    if (ended) await this.#attachments.end(ended)
    else await store.remove(attachmentId ?? '', volumeId)
  }

  async #authorized(context: RequestContext, id: string, action: string) {
    const { volumes, policy } = this.#parts
    const volume = await volumes.get(context, id)
    policy.authorize(`volume_extension:volume_actions:${action}`, ownedBy(volume), context)
    return volume
  }
}

function inMaintenance(what: string) {
  return invalidVolume(`The ${what} in maintenance mode.`)
}
