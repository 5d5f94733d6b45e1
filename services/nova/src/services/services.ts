import { badRequest, conflict, notFound } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import type { Enforcer } from '@longhaul/oslo/policy'
import { uuid } from '../parameter-types.ts'
import type { ServiceAction, UpdateServiceRequest } from './schema.ts'
import type { Service, ServiceChanges, ServiceStore } from './store.ts'

export interface ServicesOptions {
  store: ServiceStore
  policy: Enforcer
  /** Seconds without a report after which a process counts as down. */
  serviceDownTime: () => number
  now: () => Date
}

/** Names of `PUT /os-services/{name}` up to microversion 2.52. */
export const serviceActions = ['enable', 'disable', 'disable-log-reason', 'force-down'] as const
export type ServiceActionName = (typeof serviceActions)[number]

export type HostStatus = 'UP' | 'DOWN' | 'UNKNOWN' | 'MAINTENANCE'

/** The rules of nova's processes. */
export class Services {
  readonly #options: ServicesOptions

  constructor(options: ServicesOptions) {
    this.#options = options
  }

  isUp(service: Pick<Service, 'forced_down' | 'reported_at'>): boolean {
    const { serviceDownTime, now } = this.#options
    const age = now().getTime() - service.reported_at.getTime()
    return !service.forced_down && age <= serviceDownTime() * 1000
  }

  /**
   * How compute hosts are, as servers show it.
   *
   * @see openstack/nova nova/compute/api.py, get_instance_host_status
   */
  async hostStatuses(hosts: readonly string[]): Promise<Map<string, HostStatus>> {
    const services = await this.#options.store.list({ binary: 'nova-compute' })
    const here = services.filter(({ host }) => hosts.includes(host))
    return new Map(here.map((service) => [service.host, this.#hostStatus(service)]))
  }

  async list(
    context: RequestContext,
    filter: { host?: string | undefined; binary?: string | undefined },
  ): Promise<Service[]> {
    const { store, policy } = this.#options
    policy.authorize('os_compute_api:os-services:list', {}, context)
    return await store.list(filter)
  }

  /**
   * What was done up to microversion 2.52.
   *
   * @returns what the answer says of the service
   * @throws ApiError 400, 403, 404
   */
  async act(
    context: RequestContext,
    action: ServiceActionName,
    request: ServiceAction,
  ): Promise<Record<string, unknown>> {
    const { store, policy } = this.#options
    policy.authorize('os_compute_api:os-services:update', {}, context)
    const { host, binary } = request
    const { changes, shown } = changesOf(action, request)
    if (binary !== 'nova-compute') throw computeOnly(binary)
    if (!(await store.update({ host, binary }, changes))) {
      throw notFound(`Could not find binary ${binary} on host ${host}.`, { code: 'service_not_found' })
    }
    return { host, binary, ...shown }
  }

  /** What is done from 2.53 on. @throws ApiError 400, 403, 404 */
  async update(context: RequestContext, id: string, request: UpdateServiceRequest): Promise<Service> {
    const { store, policy } = this.#options
    policy.authorize('os_compute_api:os-services:update', {}, context)
    const key = { uuid: uuidOf(id) }
    const service = await store.find(key)
    if (!service) throw serviceMissing(id)
    if (service.binary !== 'nova-compute') throw computeOnly(service.binary)
    const { status, disabled_reason: reason, forced_down: forcedDown } = request
    if (status === 'enabled' && reason !== undefined) {
      throw badRequest("Specifying 'disabled_reason' with status 'enabled' is invalid.", {
        code: 'service_update_invalid',
      })
    }
    if (status === undefined && forcedDown === undefined) {
      throw badRequest("No updates were requested. Fields 'status' or 'forced_down' should be specified.", {
        code: 'service_update_empty',
      })
    }
    const changes: ServiceChanges = {
      ...(status === undefined ? {} : disabling(status === 'disabled', reason)),
      ...(forcedDown === undefined ? {} : { forced_down: forcedDown }),
    }
    const updated = await store.update(key, changes)
    if (!updated) throw serviceMissing(id)
    return updated
  }

  /**
   * Forgets a service; one that lives registers itself again.
   *
   * @param byUuid whether ids are UUIDs, as they are from 2.53 on
   * @throws ApiError 400, 403, 404; 409 for a compute host with servers
   */
  async delete(context: RequestContext, id: string, byUuid: boolean): Promise<void> {
    const { store, policy } = this.#options
    policy.authorize('os_compute_api:os-services:delete', {}, context)
    const service = await store.find(byUuid ? { uuid: uuidOf(id) } : { id: numberOf(id) })
    if (!service) throw serviceMissing(id)
    if (await store.delete(service)) return
    throw conflict(
      'Unable to delete compute service that is hosting instances. Migrate or delete the instances first.',
      { code: 'service_in_use' },
    )
  }

  #hostStatus(service: Service): HostStatus {
    if (service.forced_down) return 'DOWN'
    if (service.disabled) return 'MAINTENANCE'
    return this.isUp(service) ? 'UP' : 'UNKNOWN'
  }
}

function changesOf(
  action: ServiceActionName,
  request: ServiceAction,
): { changes: ServiceChanges; shown: Record<string, unknown> } {
  const { disabled_reason: reason, forced_down: forcedDown } = request
  switch (action) {
    case 'enable':
      return { changes: disabling(false), shown: { status: 'enabled' } }
    case 'disable':
      return { changes: disabling(true), shown: { status: 'disabled' } }
    case 'disable-log-reason':
      if (reason === undefined) throw fieldMissing('disabled reason')
      return { changes: disabling(true, reason), shown: { status: 'disabled', disabled_reason: reason } }
    default:
      if (forcedDown === undefined) throw fieldMissing('forced_down')
      return { changes: { forced_down: forcedDown }, shown: { forced_down: forcedDown } }
  }
}

function disabling(disabled: boolean, reason: string | null = null): ServiceChanges {
  return { disabled, disabled_reason: reason }
}

/** @throws ApiError 400 */
function uuidOf(id: string): string {
  const read = uuid.safeParse(id)
  if (read.success) return read.data
  throw badRequest(`Invalid uuid ${id}`, { code: 'invalid_uuid' })
}

/** @throws ApiError 400 */
function numberOf(id: string): number {
  if (/^\d{1,15}$/.test(id)) return Number(id)
  throw badRequest('Invalid input received: id must be an integer', { code: 'invalid_id' })
}

function serviceMissing(id: string) {
  return notFound(`Service ${id} not found.`, { code: 'service_not_found' })
}

function fieldMissing(field: string) {
  return badRequest(`Missing ${field} field`, { code: 'field_missing' })
}

function computeOnly(binary: string) {
  return badRequest(
    `Updating a ${binary} service is not supported. Only nova-compute services can be updated.`,
    { code: 'service_not_compute' },
  )
}
