import { conflict, notFound } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import { flavorMissing, type FlavorsOptions } from './flavors.ts'
import type { Flavor } from './store.ts'

/** A project that may use a flavor, as the API tells it. */
export interface Access {
  flavor_id: string
  tenant_id: string
}

/** Which projects may use flavors that are not public. */
export class FlavorAccess {
  readonly #options: FlavorsOptions

  constructor(options: FlavorsOptions) {
    this.#options = options
  }

  /** @throws ApiError 403; 404 also for a public flavor, which has no list */
  async list(context: RequestContext, id: string): Promise<Access[]> {
    const { policy } = this.#options
    policy.authorize('os_compute_api:os-flavor-access', {}, context)
    const flavor = await this.#find(id)
    if (flavor.is_public) {
      throw notFound('Access list not available for public flavors.', { code: 'flavor_public' })
    }
    return await this.#accessOf(id)
  }

  /**
   * @param refusePublic whether a public flavor is a conflict, as it is from microversion 2.7 on
   * @throws ApiError 400 for a project that does not exist, 403, 404, 409
   */
  async add(
    context: RequestContext,
    id: string,
    projectId: string,
    refusePublic: boolean,
  ): Promise<Access[]> {
    const { policy, store, projects } = this.#options
    policy.authorize('os_compute_api:os-flavor-access:add_tenant_access', {}, context)
    await projects.verify(context, projectId)
    const flavor = await this.#find(id)
    if (flavor.is_public && refusePublic) {
      throw conflict('Can not add access to a public flavor.', { code: 'flavor_public' })
    }
    const outcome = await store.addProject(id, projectId)
    if (outcome === 'missing') throw flavorMissing(id)
    if (outcome === 'double') {
      throw conflict(`Flavor access already exists for flavor ${id} and project ${projectId} combination.`, {
        code: 'flavor_access_exists',
      })
    }
    return await this.#accessOf(id)
  }

  /** The project need not exist any more. @throws ApiError 403, 404 */
  async remove(context: RequestContext, id: string, projectId: string): Promise<Access[]> {
    const { policy, store } = this.#options
    policy.authorize('os_compute_api:os-flavor-access:remove_tenant_access', {}, context)
    await this.#find(id)
    if (!(await store.removeProject(id, projectId))) {
      throw notFound(`Flavor access not found for ${id} / ${projectId} combination.`, {
        code: 'flavor_access_not_found',
      })
    }
    return await this.#accessOf(id)
  }

  async #find(id: string): Promise<Flavor> {
    const flavor = await this.#options.store.find(id)
    if (!flavor) throw flavorMissing(id)
    return flavor
  }

  async #accessOf(id: string): Promise<Access[]> {
    const projects = await this.#options.store.projects(id)
    return projects.map((projectId) => ({ flavor_id: id, tenant_id: projectId }))
  }
}
