import type { RequestContext } from '@longhaul/oslo/context'
import type { Enforcer } from '@longhaul/oslo/policy'
import { internalZone, zoneOf } from '../zone-names.ts'

/** A process of nova, as far as its zone is concerned. */
export interface ZoneService {
  host: string
  binary: string
  disabled: boolean
  reported_at: Date
  /** Whether it reported lately. */
  up: boolean
}

/** An availability zone and what runs in it. */
export interface AvailabilityZone {
  name: string
  /** Whether one of its services is enabled; none need be up. */
  available: boolean
  /** Its services that are enabled. */
  services: readonly ZoneService[]
}

export interface AvailabilityZonesOptions {
  policy: Enforcer
  /** All processes of nova, in the order in which they were first seen. */
  services: () => Promise<ZoneService[]>
}

/** The rules of availability zones: they are what the services say. */
export class AvailabilityZones {
  readonly #options: AvailabilityZonesOptions

  constructor(options: AvailabilityZonesOptions) {
    this.#options = options
  }

  /** Zones that a server can be in. @throws ApiError 403 */
  async list(context: RequestContext): Promise<AvailabilityZone[]> {
    const { policy, services } = this.#options
    policy.authorize('os_compute_api:os-availability-zone:list', {}, context)
    return zonesOf(await services()).filter(({ name }) => name !== internalZone)
  }

  /** All zones. @throws ApiError 403 */
  async detail(context: RequestContext): Promise<AvailabilityZone[]> {
    const { policy, services } = this.#options
    policy.authorize('os_compute_api:os-availability-zone:detail', {}, context)
    return zonesOf(await services())
  }
}

/**
 * Available zones first.
 *
 * @see openstack/nova nova/availability_zones.py, get_availability_zones
 */
function zonesOf(services: readonly ZoneService[]): AvailabilityZone[] {
  const byZone = Map.groupBy(services, ({ binary }) => zoneOf(binary))
  const zones = [...byZone].map(([name, all]) => {
    const enabled = all.filter(({ disabled }) => !disabled)
    return { name, available: enabled.length > 0, services: enabled }
  })
  return zones.toSorted((a, b) => Number(b.available) - Number(a.available))
}
