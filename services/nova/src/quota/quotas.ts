import { assertRoom, unlimited, type QuotaRooms, type Quotas } from '@longhaul/oslo/api'
import type { Kysely, Transaction } from 'kysely'
import type { NovaTables } from '../db/tables.ts'
import { quotaResourceNames, quotaResources, type QuotaResource } from './resources.ts'
import { quotaStore, type Limits } from './store.ts'

/** The class whose limits are every project's defaults. */
const defaultClass = 'default'

/** What projects may have. */
export class NovaQuotas implements Quotas<QuotaResource, Transaction<NovaTables>> {
  readonly #db: Kysely<NovaTables>
  readonly #options: Readonly<Record<string, number>>

  /** @param options values of `[quota]` */
  constructor(db: Kysely<NovaTables>, options: Readonly<Record<string, number>>) {
    this.#db = db
    this.#options = options
  }

  async rooms(projectId: string): Promise<QuotaRooms<QuotaResource>> {
    return await this.#rooms(this.#db, projectId)
  }

  async hold(trx: Transaction<NovaTables>, projectId: string): Promise<QuotaRooms<QuotaResource>> {
    await quotaStore.lock(trx, 'project', projectId)
    return await this.#rooms(trx, projectId)
  }

  /** Key pairs are counted for each user, and limited by the project that the user works in. @throws OverQuota */
  async reserveKeypair(trx: Transaction<NovaTables>, projectId: string, userId: string): Promise<void> {
    await quotaStore.lock(trx, 'user', userId)
    const { key_pairs: limit } = await this.#limits(trx, { projectId })
    assertRoom({ key_pairs: { limit, used: await quotaStore.keypairs(trx, userId) } }, { key_pairs: 1 })
  }

  async limits(projectId: string): Promise<Record<QuotaResource, number>> {
    return await this.#limits(this.#db, { projectId })
  }

  /** @param className another class than `default` limits nothing, but keeps what was set */
  async classLimits(className = defaultClass): Promise<Record<QuotaResource, number>> {
    return await this.#limits(this.#db, { className })
  }

  async setProject(projectId: string, limits: Limits): Promise<void> {
    await quotaStore.setProject(this.#db, projectId, limits)
  }

  /** The project has the defaults from now on. */
  async forgetProject(projectId: string): Promise<void> {
    await quotaStore.forgetProject(this.#db, projectId)
  }

  async setClass(className: string, limits: Limits): Promise<void> {
    await quotaStore.setClass(this.#db, className, limits)
  }

  async #rooms(db: Kysely<NovaTables>, projectId: string): Promise<QuotaRooms<QuotaResource>> {
    const limits = await this.#limits(db, { projectId })
    const used: Partial<Record<QuotaResource, number>> = await quotaStore.usage(db, projectId)
    const rooms = quotaResourceNames.map((name) => [name, { limit: limits[name], used: used[name] ?? 0 }])
    return Object.fromEntries(rooms) as QuotaRooms<QuotaResource>
  }

  async #limits(
    db: Kysely<NovaTables>,
    of: { projectId?: string; className?: string },
  ): Promise<Record<QuotaResource, number>> {
    const { ofClass, ofProject } = await quotaStore.limits(db, { className: defaultClass, ...of })
    const limits = quotaResourceNames.map((name) => {
      const facts: { option?: string } = quotaResources[name]
      const preset = facts.option === undefined ? undefined : this.#options[facts.option]
      return [name, ofProject[name] ?? ofClass[name] ?? preset ?? unlimited]
    })
    return Object.fromEntries(limits) as Record<QuotaResource, number>
  }
}
