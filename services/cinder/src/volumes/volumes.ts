import type { Transaction } from 'kysely'
import type { ApiError, QuotaRooms } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import { invalidInput, invalidVolume, volumeNotFound } from '../answers.ts'
import type { CinderTables } from '../db/tables.ts'
import type { ListQuery } from '../list-query.ts'
import { isUuid } from '../parameter-types.ts'
import { assertQuota } from '../quota/over-quota.ts'
import type { QuotaResource } from '../quota/resources.ts'
import { allows, isAdmin, ownedBy, ownTarget, type Policy } from '../request-context.ts'
import type { CreateRequest, VolumeChanges } from './schema.ts'
import { deletableStatuses } from '../volume-states.ts'
import { lockVolume, type Volume, type VolumeStore } from './store.ts'
import type { VolumeViewer } from './view.ts'

/** What a new volume is made of. */
export interface VolumeSource {
  snapshotId?: string
  sourceVolumeId?: string
  imageId?: string
  /** GiB that it needs. */
  minSize: number
  bootable: boolean
  imageMetadata: Record<string, string>
}

/** A type as far as volumes need it. */
export interface VolumeTypeFacts {
  id: string
  multiattach: boolean
}

/** What volumes need of others. */
export interface VolumesParts {
  store: VolumeStore
  policy: Policy
  quotas: {
    hold(trx: Transaction<CinderTables>, projectId: string): Promise<QuotaRooms<QuotaResource>>
  }
  types: {
    /** @param name name or id; without it the default type @throws ApiError 404 */
    choose(context: RequestContext, name: string | undefined): Promise<VolumeTypeFacts>
  }
  snapshots: {
    /** A snapshot that the caller sees, and its volume. @throws ApiError 404 */
    get(
      context: RequestContext,
      id: string,
    ): Promise<{ id: string; status: string; volume_size: number; volume_id: string }>
  }
  images: {
    /** @throws ApiError 400, and as the Image service answers */
    source(context: RequestContext, imageRef: string, size: number | undefined): Promise<VolumeSource>
  }
  /** Does what the state of a volume says. */
  work: {
    /** Keeps whose image it is. To be called before the volume is stored. */
    expect(volumeId: string, context: RequestContext): void
    begin(volumeId: string): void
  }
  availabilityZone: string
  host: string
  randomUUID: () => string
}

/** The rules of volumes. */
export class Volumes {
  readonly #parts: VolumesParts

  constructor(parts: VolumesParts) {
    this.#parts = parts
  }

  get store(): VolumeStore {
    return this.#parts.store
  }

  /** @throws ApiError 400 `invalid_input`, `invalid_volume`; 403; 404; 413 `quota_exceeded` */
  async create(context: RequestContext, request: CreateRequest): Promise<Volume> {
    const { policy, work, store, randomUUID } = this.#parts
    policy.authorize('volume:create', ownTarget(context), context)
    if (request.imageRef !== undefined) {
      policy.authorize('volume:create_from_image', ownTarget(context), context)
    }
    const zone = this.#parts.availabilityZone
    if ((request.availabilityZone ?? zone) !== zone) {
      throw invalidInput(`Availability zone '${request.availabilityZone}' is invalid.`)
    }
    const source = await this.#source(context, request)
    const size = request.size ?? (source?.imageId === undefined ? source?.minSize : undefined)
    if (size === undefined) {
      throw invalidInput('Size is required if neither a snapshot nor a volume is the source.')
    }
    if (source && size < source.minSize) throw tooSmall(size, source)
    const type = await this.#parts.types.choose(context, request.typeName)
    const id = randomUUID()
    if (source?.imageId !== undefined) work.expect(id, context)
    const projectId = context.projectId ?? ''
    await store.db.transaction().execute(async (trx) => {
      const rooms = await this.#parts.quotas.hold(trx, projectId)
      assertQuota(
        { ...rooms, per_volume_gigabytes: { ...rooms.per_volume_gigabytes, used: 0 } },
        {
          volumes: 1,
          gigabytes: size,
          per_volume_gigabytes: size,
        },
      )
      await this.#assertSourceStays(trx, source)
      await store.insert(
        trx,
        {
          id,
          project_id: projectId,
          user_id: context.userId,
          name: request.name,
          description: request.description,
          size,
          status: 'creating',
          attach_status: 'detached',
          previous_status: null,
          new_size: null,
          bootable: source?.bootable ? 1 : 0,
          multiattach: type.multiattach ? 1 : 0,
          readonly: 0,
          volume_type_id: type.id,
          availability_zone: zone,
          host: this.#parts.host,
          snapshot_id: source?.snapshotId ?? null,
          source_volid: source?.sourceVolumeId ?? null,
          image_id: source?.imageId ?? null,
          created_at: store.time,
          updated_at: null,
        },
        request.metadata,
      )
    })
    if (source) await store.setImageMetadata(id, source.imageMetadata)
    const volume = await this.#known(id)
    work.begin(id)
    return volume
  }

  /** A volume that the caller sees. @throws ApiError 404 */
  async get(context: RequestContext, id: string): Promise<Volume> {
    const volume = isUuid(id) ? await this.store.get(id.toLowerCase()) : undefined
    if (!volume || !allows(this.#parts.policy, context, 'volume:get', ownedBy(volume)))
      throw volumeNotFound(id)
    return volume
  }

  /** A volume on which the caller may do something. @throws ApiError 403, 404 */
  async authorized(context: RequestContext, id: string, action: string): Promise<Volume> {
    const volume = await this.get(context, id)
    this.#parts.policy.authorize(action, ownedBy(volume), context)
    return volume
  }

  /** @throws ApiError 403, 404 for a marker that is no volume */
  async list(context: RequestContext, query: ListQuery): Promise<{ volumes: Volume[]; count?: number }> {
    const projectId = this.#listed(context, query)
    const volumes = await this.store.list(query, projectId)
    if (volumes === 'lost') throw volumeNotFound(query.page.marker ?? '')
    return query.withCount
      ? { volumes, count: await this.store.count(query.conditions, projectId) }
      : { volumes }
  }

  /** @throws ApiError 403 */
  async summary(
    context: RequestContext,
    query: ListQuery,
  ): Promise<{ count: number; size: number; metadata: Record<string, string[]> }> {
    return await this.store.summary(query.conditions, this.#listed(context, query))
  }

  /** @throws ApiError 403, 404 */
  async update(context: RequestContext, id: string, changes: VolumeChanges): Promise<Volume> {
    const volume = await this.authorized(context, id, 'volume:update')
    const { metadata, ...columns } = changes
    await this.store.change(volume.id, columns)
    if (metadata) await this.store.setMetadata(volume.id, metadata)
    return await this.#known(volume.id)
  }

  /**
   * Deletes a volume, in the background.
   *
   * @param options.cascade its snapshots too
   * @param options.force whatever its state; an attached one stays
   * @throws ApiError 400 `invalid_volume`, 403, 404
   */
  async delete(
    context: RequestContext,
    id: string,
    options: { cascade: boolean; force: boolean },
  ): Promise<void> {
    const { cascade, force } = options
    const volume = await this.authorized(context, id, 'volume:delete')
    if (force) this.#parts.policy.authorize('volume:force_delete', ownedBy(volume), context)
    const { store } = this
    await store.db.transaction().execute(async (trx) => {
      await lockVolume(trx, volume.id)
      const busy = cascade && !force ? ['available', 'error', 'deleting'] : []
      const keeps = (!cascade || !force) && (await store.hasSnapshots(trx, volume.id, busy))
      const isAllowed =
        !keeps &&
        !(await store.hasClones(trx, volume.id)) &&
        (await store.change(
          volume.id,
          { status: 'deleting' },
          { attached: false, ...(force ? {} : { statuses: deletableStatuses }) },
          trx,
        ))
      if (!isAllowed) throw notDeletable(force)
      if (cascade) await store.deleteSnapshots(trx, volume.id)
    })
    this.#parts.work.begin(volume.id)
  }

  /** What the caller sees of volumes. @param volume undefined for his own */
  viewer(context: RequestContext, volume?: Volume): Pick<VolumeViewer, 'admin' | 'shows'> {
    const { policy } = this.#parts
    const target = volume ? ownedBy(volume) : ownTarget(context)
    const shows = (what: string) => allows(policy, context, `volume_extension:${what}`, target)
    return {
      admin: this.isAdmin(context),
      shows: {
        host: shows('volume_host_attribute'),
        tenant: shows('volume_tenant_attribute'),
        migration: shows('volume_mig_status_attribute'),
        imageMetadata: shows('volume_image_metadata:show'),
      },
    }
  }

  isAdmin(context: RequestContext): boolean {
    return isAdmin(this.#parts.policy, context)
  }

  /** Project whose volumes a list holds; undefined for all. @throws ApiError 403 */
  #listed(context: RequestContext, query: ListQuery): string | undefined {
    this.#parts.policy.authorize('volume:get_all', ownTarget(context), context)
    return query.allProjects ? undefined : (context.projectId ?? '')
  }

  async #known(id: string): Promise<Volume> {
    const volume = await this.store.get(id)
    if (!volume) throw volumeNotFound(id)
    return volume
  }

  async #source(context: RequestContext, request: CreateRequest): Promise<VolumeSource | undefined> {
    if (request.imageRef !== undefined) {
      return await this.#parts.images.source(context, request.imageRef, request.size)
    }
    if (request.snapshotId !== undefined) {
      const snapshot = await this.#parts.snapshots.get(context, request.snapshotId)
      if (snapshot.status !== 'available') {
        throw invalidInput(`Invalid snapshot: Originating snapshot status must be one of available values`)
      }
      const volume = await this.store.get(snapshot.volume_id)
      return {
        snapshotId: snapshot.id,
        minSize: snapshot.volume_size,
        bootable: volume?.bootable === 1,
        imageMetadata: volume?.imageMetadata ?? {},
      }
    }
    if (request.sourceVolumeId === undefined) return undefined
    const volume = await this.get(context, request.sourceVolumeId)
    if (volume.status !== 'available' && volume.status !== 'in-use') {
      throw invalidVolume('Originating volume status must be one of available, in-use values')
    }
    return {
      sourceVolumeId: volume.id,
      minSize: volume.size,
      bootable: volume.bootable === 1,
      imageMetadata: volume.imageMetadata,
    }
  }

  /** What was looked at before may be deleted by now. */
  async #assertSourceStays(trx: Transaction<CinderTables>, source: VolumeSource | undefined): Promise<void> {
    if (source?.sourceVolumeId !== undefined) {
      const row = await lockVolume(trx, source.sourceVolumeId)
      if (!row || row.status === 'deleting') throw volumeNotFound(source.sourceVolumeId)
    }
    if (source?.snapshotId !== undefined) {
      const snapshot = await trx
        .updateTable('snapshots')
        .set((eb) => ({ status: eb.ref('status') }))
        .where('id', '=', source.snapshotId)
        .where('status', '=', 'available')
        .executeTakeFirst()
      if (snapshot.numUpdatedRows === 0n) throw invalidInput('The snapshot is not available any more.')
    }
  }
}

function tooSmall(size: number, source: VolumeSource): ApiError {
  if (source.snapshotId !== undefined) {
    return invalidInput(
      `Volume size ${size}GB cannot be smaller than the snapshot size ${source.minSize}GB. They must be >= original snapshot size.`,
    )
  }
  return invalidInput(
    `Volume size '${size}'GB cannot be smaller than original volume size  ${source.minSize}GB. They must be >= original volume size.`,
  )
}

function notDeletable(force: boolean): ApiError {
  const status = force ? '' : ` status must be ${deletableStatuses.join(' or ')} and`
  return invalidVolume(
    `Volume${status} must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, ` +
      'or be disassociated from snapshots after volume transfer.',
  )
}
