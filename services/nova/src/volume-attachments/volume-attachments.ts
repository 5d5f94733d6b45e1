import { ApiError, badRequest } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import type { Microversion } from '../microversions.ts'
import { assertTakesOperation, type DeviceOperation } from '../device-operations.ts'
import { assertUnlocked } from '../server-guards.ts'
import { attachVolume } from './attach.ts'
import { detachVolume, notAttached } from './detach.ts'
import type { Server, VolumeAttachmentsOptions } from './options.ts'
import type { AttachRequest, UpdateRequest } from './schema.ts'
import type { MappingRow } from './store.ts'

type Action = 'index' | 'show' | 'create' | 'update' | 'swap' | 'delete'

/** The volumes of servers: who may do what, and in which state. */
export class VolumeAttachments {
  readonly #options: VolumeAttachmentsOptions

  constructor(options: VolumeAttachmentsOptions) {
    this.#options = options
  }

  async list(
    context: RequestContext,
    serverId: string,
    page: { limit: number; offset: number },
  ): Promise<MappingRow[]> {
    const server = await this.#authorized(context, serverId, 'index')
    return await this.#options.store.list(server.id, page)
  }

  /** @throws ApiError 403, 404 */
  async show(context: RequestContext, serverId: string, volumeId: string): Promise<MappingRow> {
    const server = await this.#authorized(context, serverId, 'show')
    return await this.#found(server, volumeId)
  }

  /** @throws ApiError as `attachVolume`; 403; 409 also for a server that is locked */
  async attach(context: RequestContext, serverId: string, wanted: AttachRequest): Promise<MappingRow> {
    const server = await this.#ready(context, serverId, 'create', 'attach-volume')
    return await attachVolume(this.#options, context, server, wanted)
  }

  /** @throws ApiError as `detachVolume`; 403; 409 also for a server that is locked */
  async detach(context: RequestContext, serverId: string, volumeId: string): Promise<void> {
    const server = await this.#ready(context, serverId, 'delete', 'detach-volume')
    await detachVolume(this.#options, context, server, volumeId)
  }

  /**
   * Changes whether the volume is deleted with its server, from 2.85 on. Everything else stays as it is.
   *
   * @throws ApiError 400 for what cannot be changed; 403, 404; 501 for another volume, or before 2.85
   * @see openstack/nova nova/api/openstack/compute/volumes.py, update
   */
  async update(
    context: RequestContext,
    at: { serverId: string; volumeId: string; version: Microversion },
    wanted: UpdateRequest,
  ): Promise<void> {
    const { serverId, volumeId, version } = at
    const swaps = !version.atLeast('2.85') || wanted.volumeId !== volumeId
    const server = await this.#authorized(context, serverId, swaps ? 'swap' : 'update')
    const row = await this.#found(server, volumeId)
    if (swaps) throw swapUnsupported()
    const fixed = { id: volumeId, serverId: server.id, device: row.device_name, tag: row.tag } as const
    for (const name of ['id', 'serverId', 'device', 'tag'] as const) {
      if (wanted[name] === undefined || wanted[name] === fixed[name]) continue
      throw badRequest(`The ${name} property is not mutable`, { code: 'immutable_property' })
    }
    if (wanted.delete_on_termination === undefined) return
    const { store, now } = this.#options
    await store.setDeleteOnTermination(row.uuid, wanted.delete_on_termination, now())
  }

  async #found(server: Server, volumeId: string): Promise<MappingRow> {
    const row = await this.#options.store.find(server.id, volumeId)
    if (!row) throw notAttached(server.id, volumeId)
    return row
  }

  async #ready(
    context: RequestContext,
    serverId: string,
    action: Action,
    kind: DeviceOperation,
  ): Promise<Server> {
    const server = await this.#authorized(context, serverId, action)
    assertUnlocked(this.#options.policy, context, server)
    assertTakesOperation(server, kind)
    return server
  }

  async #authorized(context: RequestContext, serverId: string, action: Action): Promise<Server> {
    const rule = `os_compute_api:os-volumes-attachments:${action}`
    return await this.#options.servers.authorized(context, serverId, rule)
  }
}

function swapUnsupported(): ApiError {
  const message = 'A volume of a server cannot be replaced by another one here.'
  return new ApiError({ status: 501, message, code: 'swap_unsupported' })
}
