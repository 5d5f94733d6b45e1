import { ApiError, badRequest, notFound, type Page } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import type { Enforcer } from '@longhaul/oslo/policy'
import { uuid } from '../parameter-types.ts'
import type { Hypervisor, HypervisorFilter, HypervisorStore } from './store.ts'

export interface HypervisorsOptions {
  store: HypervisorStore
  policy: Enforcer
  /** Whether a nova-compute reported lately. */
  isUp: (service: Hypervisor['service']) => boolean
}

type Action = 'list' | 'list-detail' | 'statistics' | 'show' | 'uptime' | 'search' | 'servers'

/** The rules of hypervisors: one for each host that reports. */
export class Hypervisors {
  readonly #options: HypervisorsOptions

  constructor(options: HypervisorsOptions) {
    this.#options = options
  }

  isUp(hypervisor: Hypervisor): boolean {
    return this.#options.isUp(hypervisor.service)
  }

  /**
   * @param page undefined: all of them
   * @param byUuid whether ids are UUIDs, as they are from microversion 2.53 on
   * @throws ApiError 400 for a marker that does not exist, 403
   */
  async list(
    context: RequestContext,
    action: 'list' | 'list-detail' | 'statistics',
    page?: Page,
    byUuid = false,
  ): Promise<Hypervisor[]> {
    const { store } = this.#options
    this.#authorize(context, action)
    if (!page) return await store.list({})
    const { limit, marker } = page
    if (marker === undefined) return await store.list({}, { limit })
    const filter = idFilter(marker, byUuid)
    const [last] = filter ? await store.list(filter) : []
    if (!last) throw badRequest(`marker [${marker}] not found`, { code: 'marker_not_found' })
    return await store.list({}, { limit, after: last.id })
  }

  /** @param pattern part of the name. @throws ApiError 403; 404 if there is none */
  async search(
    context: RequestContext,
    action: 'list' | 'list-detail' | 'search' | 'servers',
    pattern: string,
  ): Promise<Hypervisor[]> {
    this.#authorize(context, action)
    const found = await this.#options.store.list({ pattern })
    if (found.length > 0) return found
    throw notFound(`No hypervisor matching '${pattern}' could be found.`, { code: 'hypervisor_not_found' })
  }

  /** @throws ApiError 400 for what is no UUID if it should be one, 403, 404 */
  async show(
    context: RequestContext,
    id: string,
    byUuid: boolean,
    action: 'show' | 'uptime' = 'show',
  ): Promise<Hypervisor> {
    this.#authorize(context, action)
    const filter = idFilter(id, byUuid)
    if (!filter && byUuid) throw badRequest(`Invalid uuid ${id}`, { code: 'invalid_uuid' })
    const [hypervisor] = filter ? await this.#options.store.list(filter) : []
    if (hypervisor) return hypervisor
    throw notFound(`Hypervisor with ID '${id}' could not be found.`, { code: 'hypervisor_not_found' })
  }

  /** @throws ApiError 400 if the host is down, 501 if it does not say; as `show` besides */
  async uptime(
    context: RequestContext,
    id: string,
    byUuid: boolean,
  ): Promise<{ hypervisor: Hypervisor; uptime: string }> {
    const hypervisor = await this.show(context, id, byUuid, 'uptime')
    if (!this.isUp(hypervisor)) {
      throw badRequest(`Compute service of ${hypervisor.host} is unavailable at this time.`, {
        code: 'host_down',
      })
    }
    const uptime = hypervisor.hypervisor?.uptime
    if (uptime !== undefined) return { hypervisor, uptime }
    const message = 'The requested functionality is not supported.'
    throw new ApiError({ status: 501, message, code: 'uptime_unknown' })
  }

  #authorize(context: RequestContext, action: Action): void {
    this.#options.policy.authorize(`os_compute_api:os-hypervisors:${action}`, {}, context)
  }
}

/** Undefined for an id that no hypervisor can have. */
function idFilter(id: string, byUuid: boolean): HypervisorFilter | undefined {
  if (!byUuid) return /^\d{1,15}$/.test(id) ? { id: Number(id) } : undefined
  const read = uuid.safeParse(id)
  return read.success ? { uuid: read.data } : undefined
}
