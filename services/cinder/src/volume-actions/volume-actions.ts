import type { Kysely, Transaction, Updateable } from 'kysely'
import type { QuotaRooms } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import { notFound } from '@longhaul/oslo/api'
import { invalidInput, invalidVolume } from '../answers.ts'
import type { CinderTables, VolumeTable } from '../db/tables.ts'
import type { Microversion } from '../microversions.ts'
import { assertQuota } from '../quota/over-quota.ts'
import type { QuotaResource } from '../quota/resources.ts'
import { ownedBy, type Policy } from '../request-context.ts'
import { quietStatuses, type VolumeStatus } from '../volume-states.ts'

/** A volume as far as actions need it. */
export interface ActedVolume {
  id: string
  project_id: string
  user_id: string
  status: string
  size: number
  imageMetadata: Record<string, string>
}

interface Parts {
  policy: Policy
  volumes: {
    /** @throws ApiError 404 */
    get(context: RequestContext, id: string): Promise<ActedVolume>
    delete(context: RequestContext, id: string, options: { cascade: boolean; force: boolean }): Promise<void>
  }
  store: {
    db: Kysely<CinderTables>
    /** Changes a volume that is in one of the states. @returns whether it was */
    change(
      id: string,
      changes: Updateable<VolumeTable>,
      where: { statuses?: readonly VolumeStatus[] },
      trx?: Transaction<CinderTables>,
    ): Promise<boolean>
    setImageMetadata(id: string, metadata: Record<string, string>): Promise<void>
  }
  quotas: {
    hold(trx: Transaction<CinderTables>, projectId: string): Promise<QuotaRooms<QuotaResource>>
  }
  work: { begin(volumeId: string): void }
}

/** The rules of actions but for those of connections. */
export class VolumeActions {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Makes a volume larger, in the background. @param size GiB @throws ApiError 400, 403, 404, 413 `quota_exceeded` */
  async extend(context: RequestContext, id: string, size: number, version: Microversion): Promise<void> {
    const { policy, store, quotas, work } = this.#parts
    const volume = await this.#parts.volumes.get(context, id)
    const inUse = version.atLeast('3.42') && volume.status === 'in-use'
    policy.authorize(inUse ? 'volume:extend_attached_volume' : 'volume:extend', ownedBy(volume), context)
    if (size <= volume.size) {
      throw invalidInput(
        `New size for extend must be greater than current size. (current: ${volume.size}, extended: ${size}).`,
      )
    }
    const from = inUse ? 'in-use' : 'available'
    await store.db.transaction().execute(async (trx) => {
      const rooms = await quotas.hold(trx, volume.project_id)
      assertQuota(
        { ...rooms, per_volume_gigabytes: { ...rooms.per_volume_gigabytes, used: 0 } },
        {
          gigabytes: size - volume.size,
          per_volume_gigabytes: size,
        },
      )
      const changes = { status: 'extending', previous_status: from, new_size: size }
      if (await store.change(volume.id, changes, { statuses: [from] }, trx)) return
      throw invalidVolume(
        `Volume ${volume.id} status must be '${from}' to extend, currently ${volume.status}.`,
      )
    })
    work.begin(volume.id)
  }

  /** @throws ApiError 400 `invalid_volume` while something is being done; 403; 404 */
  async resetStatus(
    context: RequestContext,
    id: string,
    { status, attach_status }: { status?: string | undefined; attach_status?: string | null | undefined },
  ): Promise<void> {
    const action = 'volume_extension:volume_admin_actions:reset_status'
    const volume = await this.#authorized(context, id, action)
    const changes = { ...(status ? { status } : {}), ...(attach_status ? { attach_status } : {}) }
    if (Object.keys(changes).length === 0) return
    if (await this.#parts.store.change(volume.id, changes, { statuses: quietStatuses })) return
    throw invalidVolume(`Volume ${volume.id} is ${volume.status}: that is being done, or done again.`)
  }

  /** @throws ApiError 400, 403, 404 */
  async forceDelete(context: RequestContext, id: string): Promise<void> {
    await this.#authorized(context, id, 'volume_extension:volume_admin_actions:force_delete')
    await this.#parts.volumes.delete(context, id, { cascade: false, force: true })
  }

  /** @throws ApiError 403, 404 */
  async setBootable(context: RequestContext, id: string, bootable: boolean): Promise<void> {
    const volume = await this.#authorized(context, id, 'volume:update')
    await this.#parts.store.change(volume.id, { bootable: bootable ? 1 : 0 }, {})
  }

  /** @throws ApiError 400 `invalid_volume` for a volume in use; 403; 404 */
  async setReadonly(context: RequestContext, id: string, readonly: boolean): Promise<void> {
    const volume = await this.#authorized(context, id, 'volume:update_readonly_flag')
    const changes = { readonly: readonly ? 1 : 0 }
    if (await this.#parts.store.change(volume.id, changes, { statuses: ['available'] })) return
    throw invalidVolume(
      `Volume ${volume.id} status must be available to update readonly flag, but current status is: ${volume.status}.`,
    )
  }

  /** @throws ApiError 404 */
  async imageMetadata(context: RequestContext, id: string): Promise<Record<string, string>> {
    const volume = await this.#authorized(context, id, 'volume:get_volume_metadata')
    return volume.imageMetadata
  }

  /** @throws ApiError 403, 404 */
  async setImageMetadata(
    context: RequestContext,
    id: string,
    items: Record<string, string>,
  ): Promise<Record<string, string>> {
    const volume = await this.#authorized(context, id, 'volume_extension:volume_image_metadata:set')
    const metadata = { ...volume.imageMetadata, ...items }
    await this.#parts.store.setImageMetadata(volume.id, metadata)
    return metadata
  }

  /** @throws ApiError 403, 404 */
  async unsetImageMetadata(context: RequestContext, id: string, key: string): Promise<void> {
    const volume = await this.#authorized(context, id, 'volume_extension:volume_image_metadata:remove')
    if (!Object.hasOwn(volume.imageMetadata, key)) {
      throw notFound('Metadata item was not found', { code: 'metadata_not_found' })
    }
    const { [key]: _, ...rest } = volume.imageMetadata
    await this.#parts.store.setImageMetadata(volume.id, rest)
  }

  async #authorized(context: RequestContext, id: string, action: string): Promise<ActedVolume> {
    const volume = await this.#parts.volumes.get(context, id)
    this.#parts.policy.authorize(action, ownedBy(volume), context)
    return volume
  }
}
