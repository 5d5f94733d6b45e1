import type { Kysely, Transaction } from 'kysely'
import type { QuotaRooms, Quotas } from '@longhaul/oslo/api'
import type { CinderTables } from '../db/tables.ts'
import { quotaResourceNames, quotaResources, type QuotaDefaults, type QuotaResource } from './resources.ts'
import { quotaStore, type Limits } from './store.ts'

interface Options {
  defaults: QuotaDefaults
  /** `no_snapshot_gb_quota`: the space of snapshots does not count. */
  noSnapshotSpace: boolean
}

/** What projects may have. */
export class CinderQuotas implements Quotas<QuotaResource, Transaction<CinderTables>> {
  readonly #db: Kysely<CinderTables>
  readonly #options: Options

  constructor(db: Kysely<CinderTables>, options: Options) {
    this.#db = db
    this.#options = options
  }

  async rooms(projectId: string): Promise<QuotaRooms<QuotaResource>> {
    return await this.#rooms(this.#db, projectId)
  }

  async hold(trx: Transaction<CinderTables>, projectId: string): Promise<QuotaRooms<QuotaResource>> {
    await quotaStore.lock(trx, projectId)
    return await this.#rooms(trx, projectId)
  }

  /** Whether the space of snapshots counts. */
  get countsSnapshotSpace(): boolean {
    return !this.#options.noSnapshotSpace
  }

  /** Limits of a project that nothing was set for. */
  defaults(): Record<QuotaResource, number> {
    const { defaults } = this.#options
    const entries = quotaResourceNames.map((name) => [name, defaults[quotaResources[name]]])
    return Object.fromEntries(entries) as Record<QuotaResource, number>
  }

  async limits(projectId: string): Promise<Record<QuotaResource, number>> {
    return { ...this.defaults(), ...(await quotaStore.limits(this.#db, projectId)) }
  }

  async setProject(projectId: string, limits: Limits): Promise<void> {
    await quotaStore.setProject(this.#db, projectId, limits)
  }

  /** The project has the defaults from now on. */
  async forgetProject(projectId: string): Promise<void> {
    await quotaStore.forgetProject(this.#db, projectId)
  }

  async #rooms(db: Kysely<CinderTables>, projectId: string): Promise<QuotaRooms<QuotaResource>> {
    const limits = { ...this.defaults(), ...(await quotaStore.limits(db, projectId)) }
    const used: Partial<Record<QuotaResource, number>> = await quotaStore.usage(db, projectId, {
      snapshotSpace: this.countsSnapshotSpace,
    })
    const rooms = quotaResourceNames.map((name) => [name, { limit: limits[name], used: used[name] ?? 0 }])
    return Object.fromEntries(rooms) as QuotaRooms<QuotaResource>
  }
}
