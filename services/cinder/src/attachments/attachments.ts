import { ApiError, conflict, notFound } from '@longhaul/oslo/api'
import type { Turns } from '@longhaul/oslo/concurrency'
import type { RequestContext } from '@longhaul/oslo/context'
import type { Logger } from '@longhaul/oslo/log'
import { invalidVolume, volumeNotFound } from '../answers.ts'
import type { Connector } from '../connector.ts'
import type { ListQuery } from '../list-query.ts'
import { isUuid } from '../parameter-types.ts'
import { isAdmin, ownedBy, type Policy } from '../request-context.ts'
import { flatConnectionInfo } from './connection-info.ts'
import { assertDeletionAllowed, type DeletionRuleParts } from './deletion-rule.ts'
import type { AttachmentRequest } from './schema.ts'
import type { Attachment, AttachmentStore, LockedVolume, VolumeRow } from './store.ts'

/** What attachments need of others. */
export interface AttachmentsParts {
  store: AttachmentStore
  policy: Policy
  volumes: {
    /** A volume that the caller sees. @throws ApiError 404 */
    get(context: RequestContext, id: string): Promise<VolumeRow>
  }
  /** Opens and closes volumes for attachments. */
  exports: {
    export(volumeId: string, attachmentId: string, wanted: { writable: boolean }): Promise<void>
    unexport(volumeId: string, attachmentId: string): Promise<void>
    socket(volumeId: string): string
  }
  nova: Pick<DeletionRuleParts, 'serverAttachment'>
  serviceTokenRoles: readonly string[]
  /** Works on one volume's connections follow each other. */
  turns: Turns
  logger: Logger
  randomUUID: () => string
}

/** The rules of attachments. */
export class Attachments {
  readonly #parts: AttachmentsParts

  constructor(parts: AttachmentsParts) {
    this.#parts = parts
  }

  /** Reserves a volume; with a connector, opens it too. @throws ApiError 400 `invalid_volume`, 403, 404, 500 */
  async create(context: RequestContext, request: AttachmentRequest): Promise<Attachment> {
    const { policy, store, volumes, turns } = this.#parts
    const seen = await volumes.get(context, request.volumeId)
    policy.authorize('volume:attachment_create', ownedBy(seen), context)
    if (seen.multiattach && seen.bootable && seen.status === 'in-use') {
      policy.authorize('volume:multiattach_bootable_volume', ownedBy(seen), context)
    }
    const id = this.#parts.randomUUID()
    await store.locked(seen.id, async (volume, trx) => {
      if (!volume) throw volumeNotFound(seen.id)
      refuseErrors(volume, 'created')
      if (mayReserve(volume)) await store.setVolume(trx, volume.id, { status: 'reserved' })
      else if (!isSameServer(volume, request.instanceId)) throw notReservable(volume)
      await store.insert(trx, {
        id,
        volume_id: volume.id,
        project_id: volume.project_id,
        instance_uuid: request.instanceId,
        attached_host: null,
        mountpoint: null,
        attach_mode: volume.readonly ? 'ro' : request.mode,
        attach_status: 'reserved',
        connector: null,
        connection_info: null,
        attach_time: null,
        created_at: store.time,
      })
    })
    const { connector } = request
    if (connector) {
      await turns.take(seen.id, async () => {
        try {
          await this.#connect(id, seen.id, connector)
        } catch (error) {
          await this.#parts.exports.unexport(seen.id, id)
          await store.remove(id, seen.id)
          throw failed(error, `Unable to create attachment for volume (${seen.id}).`)
        }
      })
    }
    return await this.#known(id)
  }

  /** An attachment that the caller sees. @throws ApiError 404 */
  async get(context: RequestContext, id: string): Promise<Attachment> {
    const attachment = isUuid(id) ? await this.#parts.store.get(id.toLowerCase()) : undefined
    const isSeen = attachment?.project_id === context.projectId || this.isAdmin(context)
    if (!attachment || !isSeen) throw attachmentNotFound(id)
    return attachment
  }

  /** @throws ApiError 404 for a marker that is no attachment */
  async list(context: RequestContext, query: ListQuery): Promise<Attachment[]> {
    const projectId = query.allProjects ? undefined : (context.projectId ?? '')
    const found = await this.#parts.store.list(query, projectId)
    if (found === 'lost') throw attachmentNotFound(query.page.marker ?? '')
    return found
  }

  /** Opens a reserved volume for a host. @throws ApiError 400 `invalid_volume`; 403; 404; 409 `duplicate_connectors`; 500 */
  async update(context: RequestContext, id: string, connector: Connector): Promise<Attachment> {
    const { policy, store, turns } = this.#parts
    const attachment = await this.get(context, id)
    policy.authorize('volume:attachment_update', ownedBy(attachment), context)
    await turns.take(attachment.volume_id, async () => {
      await store.locked(attachment.volume_id, async (volume) => {
        if (!volume?.attachments.some((one) => one.id === attachment.id)) throw attachmentNotFound(id)
        refuseErrors(volume, 'updated')
        refuseDuplicates(volume, attachment)
      })
      try {
        await this.#connect(attachment.id, attachment.volume_id, connector)
      } catch (error) {
        throw failed(error, 'Unable to update the attachment.')
      }
    })
    return await this.#known(attachment.id)
  }

  /** Says that the server has the volume. @throws ApiError 403, 404 */
  async complete(context: RequestContext, id: string): Promise<void> {
    const { policy, store } = this.#parts
    const attachment = await this.get(context, id)
    policy.authorize('volume:attachment_complete', ownedBy(attachment), context)
    await store.locked(attachment.volume_id, async (volume, trx) => {
      if (!volume?.attachments.some((one) => one.id === attachment.id)) throw attachmentNotFound(id)
      await store.update(trx, attachment.id, { attach_status: 'attached' })
      await store.setVolume(trx, volume.id, { status: 'in-use', attach_status: 'attached' })
    })
  }

  /**
   * Ends an attachment and cuts off whoever uses the volume through it.
   *
   * @returns those that are left
   * @throws ApiError 403, 404; 409 and others as `assertDeletionAllowed`
   */
  async delete(context: RequestContext, id: string): Promise<Attachment[]> {
    const { policy, store } = this.#parts
    const attachment = await this.get(context, id)
    policy.authorize('volume:attachment_delete', ownedBy(attachment), context)
    const attachments = await store.ofVolume(attachment.volume_id)
    await assertDeletionAllowed(this.rule, context, {
      volumeId: attachment.volume_id,
      attachments,
      named: attachment,
    })
    return await this.end(attachment)
  }

  /** Ends an attachment that may be ended. @returns those that are left */
  async end({ id, volume_id: volumeId }: Pick<Attachment, 'id' | 'volume_id'>): Promise<Attachment[]> {
    return await this.#parts.turns.take(volumeId, async () => {
      // Its row goes last: while it is there, the next start opens the volume again for it.
      await this.#parts.exports.unexport(volumeId, id)
      return await this.#parts.store.remove(id, volumeId)
    })
  }

  get rule(): DeletionRuleParts {
    const { nova, serviceTokenRoles, logger } = this.#parts
    return {
      serviceTokenRoles,
      serverAttachment: (context, server, volume) => nova.serverAttachment(context, server, volume),
      logger,
    }
  }

  isAdmin(context: RequestContext): boolean {
    return isAdmin(this.#parts.policy, context)
  }

  async #connect(id: string, volumeId: string, connector: Connector): Promise<void> {
    const { store, exports } = this.#parts
    const attachment = await store.get(id)
    if (!attachment) throw attachmentNotFound(id)
    const mode = attachment.attach_mode ?? connector.mode ?? 'rw'
    const writable = mode === 'rw'
    await exports.export(volumeId, id, { writable })
    const info = flatConnectionInfo({
      volumeId,
      attachmentId: id,
      socket: exports.socket(volumeId),
      writable,
    })
    await store.locked(volumeId, async (volume, trx) => {
      await store.update(trx, id, {
        attach_mode: mode,
        attach_status: 'attaching',
        attached_host: connector.host ?? '',
        mountpoint: connector.mountpoint ?? 'na',
        connector: JSON.stringify({ ...connector, mode }),
        connection_info: JSON.stringify(info),
        attach_time: store.time,
      })
      if (volume) await store.setVolume(trx, volumeId, { status: 'attaching', attach_status: 'attaching' })
    })
  }

  async #known(id: string): Promise<Attachment> {
    const attachment = await this.#parts.store.get(id)
    if (!attachment) throw attachmentNotFound(id)
    return attachment
  }
}

function refuseErrors(volume: VolumeRow, what: string): void {
  if (!volume.status.includes('error')) return
  throw invalidVolume(
    `Volume attachments can not be ${what} if the volume is in an error state. ` +
      `The Volume ${volume.id} currently has a status of: ${volume.status} `,
  )
}

/** Not while it is `downloading`, which the original allows: it would be in use before it has its content. */
function mayReserve(volume: VolumeRow): boolean {
  const free = ['available', ...(volume.multiattach ? ['in-use'] : [])]
  return free.includes(volume.status)
}

/** A server may have a volume twice while it moves from one host to another. */
function isSameServer(volume: LockedVolume, instanceId: string | null): boolean {
  return (
    instanceId !== null &&
    ['in-use', 'reserved'].includes(volume.status) &&
    volume.attachments.some((attachment) => attachment.instance_uuid === instanceId)
  )
}

function notReservable(volume: VolumeRow): ApiError {
  const allowed = volume.multiattach ? 'available or in-use' : 'available'
  return invalidVolume(
    `Volume ${volume.id} status must be ${allowed} to reserve, but the current status is ${volume.status}.`,
  )
}

/** Beside a connected one another is connected only when it is made, for a server that moves. */
function refuseDuplicates(volume: LockedVolume, { id }: Attachment): void {
  if (volume.multiattach) return
  if (!volume.attachments.some((other) => other.id !== id && other.connection_info !== null)) return
  throw conflict(`duplicate connectors detected on volume ${volume.id}`, { code: 'duplicate_connectors' })
}

function attachmentNotFound(id: string): ApiError {
  return notFound(`Volume attachment could not be found with filter: attachment_id = ${id}.`, {
    code: 'attachment_not_found',
  })
}

/** What a client is told when the volume was not opened. */
function failed(error: unknown, message: string): ApiError {
  return error instanceof ApiError
    ? error
    : new ApiError({ status: 500, code: 'volume_not_exported', message, cause: error })
}
