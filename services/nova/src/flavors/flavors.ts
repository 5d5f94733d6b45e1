import { badRequest, conflict, notFound, type Page } from '@longhaul/oslo/api'
import { policyCredentials, type RequestContext } from '@longhaul/oslo/context'
import type { Enforcer } from '@longhaul/oslo/policy'
import { boolean } from '../parameter-types.ts'
import { isAdmin, ownTarget } from '../request-context.ts'
import type { CreateFlavorRequest, FlavorSortKey } from './schema.ts'
import type { Flavor, FlavorFilter, FlavorStore } from './store.ts'

export interface FlavorsOptions {
  store: FlavorStore
  policy: Enforcer
  /** The Identity service as the user of a request. */
  projects: {
    /** @throws ApiError 400 for a project that does not exist */
    verify(context: RequestContext, projectId: string): Promise<void>
  }
  randomUUID: () => string
  now: () => Date
}

/** What a list of flavors was asked for. */
export interface FlavorQuery {
  is_public?: string | undefined
  minRam?: string | undefined
  minDisk?: string | undefined
  sort_key?: FlavorSortKey | undefined
  sort_dir?: 'asc' | 'desc' | undefined
}

/** The rules of flavors. */
export class Flavors {
  readonly #options: FlavorsOptions

  constructor(options: FlavorsOptions) {
    this.#options = options
  }

  /**
   * The flavors that the caller may use; for administrators those that `is_public` asks for.
   *
   * @throws ApiError 400 for a filter that cannot be read or a marker that does not exist
   */
  async list(context: RequestContext, query: FlavorQuery, page: Page): Promise<Flavor[]> {
    const { store, policy } = this.#options
    const filter: FlavorFilter = {
      ...(isAdmin(policy, context) ? publicFilter(query.is_public) : { isPublic: true, disabled: false }),
      projectId: context.projectId,
      ...(query.minRam === undefined ? {} : { minRam: least('minRam', query.minRam) }),
      ...(query.minDisk === undefined ? {} : { minDisk: least('minDisk', query.minDisk) }),
    }
    const { limit } = page
    const order = { sortKey: query.sort_key ?? 'flavorid', direction: query.sort_dir ?? 'asc' } as const
    if (page.marker === undefined) return await store.list(filter, { limit, ...order })
    const marker = await store.find(page.marker)
    if (!marker) throw badRequest(`marker [${page.marker}] not found`, { code: 'marker_not_found' })
    return await store.list(filter, { limit, marker, ...order })
  }

  /** @throws ApiError 404, also for a flavor that the caller may not see */
  async show(context: RequestContext, id: string): Promise<Flavor> {
    const flavor = await this.find(context, id)
    if (!flavor) throw flavorMissing(id)
    return flavor
  }

  /** @returns undefined also for a flavor that the caller may not see */
  async find(context: RequestContext, id: string): Promise<Flavor | undefined> {
    const { store, policy } = this.#options
    const flavor = await store.find(id)
    if (!flavor || flavor.is_public || isAdmin(policy, context)) return flavor
    const projects = await store.projects(id)
    return projects.some((projectId) => projectId === context.projectId) ? flavor : undefined
  }

  /** Whether flavors are shown to the caller with their extra specs. */
  showsExtraSpecs(context: RequestContext): boolean {
    const { policy } = this.#options
    const action = 'os_compute_api:os-flavor-extra-specs:index'
    return policy.check(action, ownTarget(context), policyCredentials(context))
  }

  /** @throws ApiError 403; 409 if the id or the name is taken */
  async create(context: RequestContext, request: CreateFlavorRequest): Promise<Flavor> {
    const { policy, store, randomUUID, now } = this.#options
    policy.authorize('os_compute_api:os-flavor-manage:create', {}, context)
    const { name, ram, vcpus, disk, swap, rxtx_factor, description } = request
    // `auto` is what clients send for "choose one".
    const id =
      request.id === undefined || request.id === null || request.id === 'auto' ? randomUUID() : request.id
    const flavor: Flavor = {
      id,
      name,
      ram,
      vcpus,
      disk,
      swap,
      ephemeral: request['OS-FLV-EXT-DATA:ephemeral'],
      rxtx_factor,
      is_public: request['os-flavor-access:is_public'],
      disabled: false,
      description,
      extra_specs: {},
      created_at: now(),
      updated_at: null,
    }
    const double = await store.insert(flavor)
    if (double === undefined) return flavor
    const what = double === 'id' ? `ID ${id}` : `name ${name}`
    throw conflict(`Flavor with ${what} already exists.`, { code: 'flavor_exists' })
  }

  /** @throws ApiError 403, 404 */
  async update(context: RequestContext, id: string, description: string | null): Promise<Flavor> {
    const { policy, store, now } = this.#options
    policy.authorize('os_compute_api:os-flavor-manage:update', {}, context)
    const flavor = await store.describe(id, description, now())
    if (!flavor) throw flavorMissing(id)
    return flavor
  }

  /** Servers keep what they were made with. @throws ApiError 403, 404 */
  async delete(context: RequestContext, id: string): Promise<void> {
    const { policy, store } = this.#options
    policy.authorize('os_compute_api:os-flavor-manage:delete', {}, context)
    if (!(await store.delete(id))) throw flavorMissing(id)
  }
}

export function flavorMissing(id: string) {
  return notFound(`Flavor ${id} could not be found.`, { code: 'flavor_not_found' })
}

/** Absent: public ones; `none`: all. @throws ApiError 400 */
function publicFilter(asked: string | undefined): FlavorFilter {
  if (asked === undefined) return { isPublic: true }
  const word = asked.toLowerCase()
  if (word === 'none' || word === '') return {}
  const short: Record<string, string> = { t: 'true', y: 'yes', f: 'false', n: 'no' }
  const read = boolean.safeParse(short[word] ?? word)
  if (read.success) return { isPublic: read.data }
  throw badRequest(`Invalid is_public filter [${asked}]`, { code: 'invalid_filter' })
}

/** @throws ApiError 400 */
function least(filter: string, text: string): number {
  if (/^\s*[-+]?\d{1,9}\s*$/.test(text)) return Number(text)
  throw badRequest(`Invalid ${filter} filter [${text}]`, { code: 'invalid_filter' })
}
