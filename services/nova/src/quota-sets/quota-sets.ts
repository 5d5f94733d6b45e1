import { badRequest, unlimited, type QuotaRooms } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import type { Enforcer } from '@longhaul/oslo/policy'
import type { NovaQuotas } from '../quota/quotas.ts'
import { quotaResourceNames, type QuotaResource } from '../quota/resources.ts'
import type { Limits } from '../quota/store.ts'

export interface QuotaSetsOptions {
  quotas: NovaQuotas
  policy: Enforcer
  /** The Identity service as the user of a request. */
  projects: {
    /** @throws ApiError 400 for a project that does not exist */
    verify(context: RequestContext, projectId: string): Promise<void>
  }
}

/** The quotas of projects. Users of a project have none of their own. */
export class QuotaSets {
  readonly #options: QuotaSetsOptions

  constructor(options: QuotaSetsOptions) {
    this.#options = options
  }

  /** @throws ApiError 400, 403 */
  async show(context: RequestContext, projectId: string): Promise<Record<QuotaResource, number>> {
    await this.#authorize(context, 'show', projectId)
    return await this.#options.quotas.limits(projectId)
  }

  /** @throws ApiError 400, 403 */
  async detail(context: RequestContext, projectId: string): Promise<QuotaRooms<QuotaResource>> {
    await this.#authorize(context, 'detail', projectId)
    return await this.#options.quotas.rooms(projectId)
  }

  /** @throws ApiError 400, 403 */
  async defaults(context: RequestContext, projectId: string): Promise<Record<QuotaResource, number>> {
    await this.#authorize(context, 'defaults', projectId)
    return await this.#options.quotas.classLimits()
  }

  /**
   * @param change.force whether a limit may be lower than what is in use
   * @throws ApiError 400, 403
   */
  async update(
    context: RequestContext,
    projectId: string,
    change: { limits: Limits; force: boolean },
  ): Promise<Record<QuotaResource, number>> {
    const { quotas } = this.#options
    await this.#authorize(context, 'update', projectId)
    if (!change.force) assertSuffices(change.limits, await quotas.rooms(projectId))
    await quotas.setProject(projectId, change.limits)
    return await quotas.limits(projectId)
  }

  /** @throws ApiError 403 */
  async delete(context: RequestContext, projectId: string): Promise<void> {
    const { quotas, policy } = this.#options
    policy.authorize('os_compute_api:os-quota-sets:delete', { project_id: projectId }, context)
    await quotas.forgetProject(projectId)
  }

  async #authorize(context: RequestContext, action: string, projectId: string): Promise<void> {
    const { policy, projects } = this.#options
    policy.authorize(`os_compute_api:os-quota-sets:${action}`, { project_id: projectId }, context)
    await projects.verify(context, projectId)
  }
}

/** @throws ApiError 400 */
function assertSuffices(limits: Limits, rooms: QuotaRooms<QuotaResource>): void {
  for (const name of quotaResourceNames) {
    const limit = limits[name] ?? unlimited
    const { used } = rooms[name]
    if (limit === unlimited || limit >= used) continue
    throw badRequest(
      `Quota limit ${limit} for ${name} must be greater than or equal to already used and reserved ${used}.`,
      { code: 'quota_below_use' },
    )
  }
}
