import type { Transaction } from 'kysely'
import type { QuotaRooms } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import { invalidSnapshot, invalidVolume, snapshotNotFound } from '../answers.ts'
import type { CinderTables } from '../db/tables.ts'
import type { ListQuery } from '../list-query.ts'
import { isUuid } from '../parameter-types.ts'
import { assertQuota } from '../quota/over-quota.ts'
import type { QuotaResource } from '../quota/resources.ts'
import { allows, isAdmin, ownedBy, ownTarget, type Policy } from '../request-context.ts'
import type { SnapshotRequest } from './schema.ts'
import { deletableSnapshotStatuses, type SnapshotStatus } from './states.ts'
import type { Snapshot, SnapshotStore } from './store.ts'

interface Parts {
  store: SnapshotStore
  policy: Policy
  quotas: {
    hold(trx: Transaction<CinderTables>, projectId: string): Promise<QuotaRooms<QuotaResource>>
    countsSnapshotSpace: boolean
  }
  volumes: {
    /** A volume that the caller sees. @throws ApiError 404 */
    get(
      context: RequestContext,
      id: string,
    ): Promise<{ id: string; project_id: string; size: number; volume_type_id: string }>
    /** Locks its row. @returns its state; undefined if it is gone */
    lock(trx: Transaction<CinderTables>, id: string): Promise<{ status: string; size: number } | undefined>
  }
  /** Does what the state of a snapshot says. */
  work: { begin(snapshotId: string): void }
  randomUUID: () => string
}

/** The rules of snapshots. */
export class Snapshots {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** @throws ApiError 400 `invalid_volume`, 403, 404, 413 `quota_exceeded` */
  async create(context: RequestContext, request: SnapshotRequest): Promise<Snapshot> {
    const { store, policy, quotas, volumes, work, randomUUID } = this.#parts
    const volume = await volumes.get(context, request.volumeId)
    policy.authorize('volume:create_snapshot', ownedBy(volume), context)
    const id = randomUUID()
    const projectId = context.projectId ?? ''
    await store.db.transaction().execute(async (trx) => {
      const rooms = await quotas.hold(trx, projectId)
      const now = await volumes.lock(trx, volume.id)
      const allowed = request.allowInUse ? ['available', 'in-use'] : ['available']
      if (!now || !allowed.includes(now.status)) {
        throw invalidVolume(
          `Volume ${volume.id} status must be ${allowed.join(', ')}, but current status is: ${now?.status ?? 'deleted'}.`,
        )
      }
      assertQuota(rooms, { snapshots: 1, ...(quotas.countsSnapshotSpace ? { gigabytes: now.size } : {}) })
      const row = {
        id,
        project_id: projectId,
        user_id: context.userId,
        volume_id: volume.id,
        name: request.name,
        description: request.description,
        status: 'creating',
        volume_size: now.size,
        volume_type_id: volume.volume_type_id,
        created_at: store.time,
        updated_at: null,
      }
      await store.insert(trx, row, request.metadata)
    })
    const snapshot = await this.#known(id)
    work.begin(id)
    return snapshot
  }

  /** A snapshot that the caller sees. @throws ApiError 404 */
  async get(context: RequestContext, id: string): Promise<Snapshot> {
    const snapshot = isUuid(id) ? await this.#parts.store.get(id.toLowerCase()) : undefined
    if (!snapshot || !allows(this.#parts.policy, context, 'volume:get_snapshot', ownedBy(snapshot))) {
      throw snapshotNotFound(id)
    }
    return snapshot
  }

  /** A snapshot to which the caller may do something. @throws ApiError 403, 404 */
  async authorized(context: RequestContext, id: string, action: string): Promise<Snapshot> {
    const snapshot = await this.get(context, id)
    this.#parts.policy.authorize(action, ownedBy(snapshot), context)
    return snapshot
  }

  /** @throws ApiError 403, 404 for a marker that is no snapshot */
  async list(context: RequestContext, query: ListQuery): Promise<{ snapshots: Snapshot[]; count?: number }> {
    const { policy, store } = this.#parts
    policy.authorize('volume:get_all_snapshots', ownTarget(context), context)
    const projectId = query.allProjects ? undefined : (context.projectId ?? '')
    const snapshots = await store.list(query, projectId)
    if (snapshots === 'lost') throw snapshotNotFound(query.page.marker ?? '')
    return query.withCount
      ? { snapshots, count: await store.count(query.conditions, projectId) }
      : { snapshots }
  }

  /** @throws ApiError 403, 404 */
  async update(
    context: RequestContext,
    id: string,
    changes: { name?: string | null; description?: string | null },
  ): Promise<Snapshot> {
    const snapshot = await this.authorized(context, id, 'volume:update_snapshot')
    await this.#parts.store.change(snapshot.id, changes)
    return await this.#known(snapshot.id)
  }

  /** Deletes a snapshot, in the background. @throws ApiError 400 `invalid_snapshot`, 403, 404 */
  async delete(context: RequestContext, id: string): Promise<void> {
    const snapshot = await this.authorized(context, id, 'volume:delete_snapshot')
    await this.#delete(snapshot.id, deletableSnapshotStatuses)
  }

  /** Deletes a snapshot whatever its state. @throws ApiError 400 `invalid_snapshot`, 403, 404 */
  async forceDelete(context: RequestContext, id: string): Promise<void> {
    const snapshot = await this.authorized(
      context,
      id,
      'volume_extension:snapshot_admin_actions:force_delete',
    )
    await this.#delete(snapshot.id, [...deletableSnapshotStatuses, 'creating', 'deleting'])
  }

  /** @throws ApiError 400 `invalid_snapshot`, 403, 404 */
  async resetStatus(context: RequestContext, id: string, status: SnapshotStatus): Promise<void> {
    const action = 'volume_extension:snapshot_admin_actions:reset_status'
    const snapshot = await this.authorized(context, id, action)
    if (await this.#parts.store.change(snapshot.id, { status }, deletableSnapshotStatuses)) return
    throw invalidSnapshot(`The snapshot is ${snapshot.status}: that is being done, or done again.`)
  }

  /** Whether the caller sees progress and project. */
  seesMore(context: RequestContext, snapshot: Snapshot): boolean {
    const action = 'volume_extension:extended_snapshot_attributes'
    return allows(this.#parts.policy, context, action, ownedBy(snapshot))
  }

  isAdmin(context: RequestContext): boolean {
    return isAdmin(this.#parts.policy, context)
  }

  async #delete(id: string, statuses: readonly SnapshotStatus[]): Promise<void> {
    const { store } = this.#parts
    await store.db.transaction().execute(async (trx) => {
      const isFree =
        (await store.change(id, { status: 'deleting' }, statuses, trx)) && !(await store.isBeingRead(trx, id))
      if (!isFree) {
        throw invalidSnapshot(`Snapshot status must be available or error and must not be part of a group.`)
      }
    })
    this.#parts.work.begin(id)
  }

  async #known(id: string): Promise<Snapshot> {
    const snapshot = await this.#parts.store.get(id)
    if (!snapshot) throw snapshotNotFound(id)
    return snapshot
  }
}
