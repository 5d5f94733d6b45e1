import { conflict, notFound, type Page } from '@longhaul/oslo/api'
import { policyCredentials, type RequestContext } from '@longhaul/oslo/context'
import type { Enforcer } from '@longhaul/oslo/policy'
import type { CreateFlavorRequest } from './schema.ts'
import type { Flavor, FlavorFilter, FlavorStore } from './store.ts'

export interface FlavorsOptions {
  store: FlavorStore
  policy: Enforcer
  randomUUID: () => string
}

/** The rules of flavors. */
export class Flavors {
  readonly #options: FlavorsOptions

  constructor(options: FlavorsOptions) {
    this.#options = options
  }

  /** Public flavors, and for administrators those that `is_public` asks for: `true`, `false`, or `none` for both. */
  async list(context: RequestContext, query: Record<string, unknown>, page: Page): Promise<Flavor[]> {
    const filter: FlavorFilter = { isPublic: true }
    if (this.#seesAll(context)) {
      const { is_public: asked = 'true' } = query
      const text = typeof asked === 'string' ? asked.toLowerCase() : 'true'
      if (text === 'none') delete filter.isPublic
      else filter.isPublic = !['false', '0', 'f', 'no', 'off'].includes(text)
    }
    const [minRam, minDisk] = [Number(query['minRam']), Number(query['minDisk'])]
    if (Number.isSafeInteger(minRam)) filter.minRam = minRam
    if (Number.isSafeInteger(minDisk)) filter.minDisk = minDisk
    return await this.#options.store.list(filter, page)
  }

  /** @throws ApiError 404, also for a flavor that the caller may not see */
  async show(context: RequestContext, id: string): Promise<Flavor> {
    const flavor = await this.#options.store.find(id)
    if (flavor && (flavor.is_public || this.#seesAll(context))) return flavor
    throw flavorMissing(id)
  }

  /** @throws ApiError 403; 409 if the id or the name is taken */
  async create(context: RequestContext, request: CreateFlavorRequest): Promise<Flavor> {
    const { policy, store, randomUUID } = this.#options
    policy.authorize('os_compute_api:os-flavor-manage:create', {}, context)
    const { name, ram, vcpus, disk } = request
    const id =
      request.id === undefined || request.id === null || request.id === 'auto' ? randomUUID() : request.id
    const flavor = { id, name, ram, vcpus, disk, is_public: request['os-flavor-access:is_public'] }
    if (await store.insert(flavor)) return flavor
    throw conflict(`Flavor with name ${name} or ID ${id} already exists.`, { code: 'flavor_exists' })
  }

  /** Servers keep what they were made with. @throws ApiError 403, 404 */
  async delete(context: RequestContext, id: string): Promise<void> {
    const { policy, store } = this.#options
    policy.authorize('os_compute_api:os-flavor-manage:delete', {}, context)
    if (!(await store.delete(id))) throw flavorMissing(id)
  }

  #seesAll(context: RequestContext): boolean {
    return this.#options.policy.check('os_compute_api:os-flavor-access', {}, policyCredentials(context))
  }
}

function flavorMissing(id: string) {
  return notFound(`Flavor ${id} could not be found.`, { code: 'flavor_not_found' })
}
