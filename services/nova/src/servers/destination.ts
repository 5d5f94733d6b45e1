import { badRequest } from '@longhaul/oslo/api'
import { defaultZone } from '../zone-names.ts'
import type { CreateServerRequest } from './schema.ts'

/** Where a server is to be built. */
export interface Destination {
  /** The zone that was asked for, as long as it is ours. */
  availabilityZone: string | null
  /** The only host it may be built on; null: any. */
  host: string | null
  /** Whether the host was forced by the zone, or wanted by name, which has to exist. */
  by: 'zone' | 'name' | undefined
}

/**
 * Reads `availability_zone` (`nova`, `nova:host`, `nova:host:node`, `nova::node`), `host` and `hypervisor_hostname`. A host and
 * its node have the same name here.
 *
 * @throws ApiError 400
 * @see openstack/nova nova/compute/api.py, parse_availability_zone
 */
export function destinationOf(request: CreateServerRequest): Destination {
  const { availability_zone: asked, host, hypervisor_hostname: node } = request
  const parts = asked?.split(':') ?? []
  if (parts.length > 3) throw unreadable()
  const [zoneName = '', ...forced] = parts
  const forcedHost = one(forced.filter((name) => name !== ''))
  const wantedHost = one([host, node].filter((name) => name !== undefined))
  if (forcedHost !== undefined && wantedHost !== undefined) {
    throw badRequest(
      'One mechanism with host and/or hypervisor_hostname and another mechanism with zone:host:node are mutually exclusive.',
      { code: 'destination_twice' },
    )
  }
  if (forcedHost === undefined && zoneName !== '' && zoneName !== defaultZone) {
    throw badRequest('The requested availability zone is not available', { code: 'zone_unavailable' })
  }
  return {
    availabilityZone: zoneName === defaultZone ? defaultZone : null,
    host: forcedHost ?? wantedHost ?? null,
    by: forcedHost === undefined ? (wantedHost === undefined ? undefined : 'name') : 'zone',
  }
}

/** Of two names that differ there is no such host. @throws ApiError 400 */
function one(names: readonly string[]): string | undefined {
  const [first] = names
  const other = names.find((name) => name !== first)
  if (other !== undefined) throw hostMissing(other)
  return first
}

export function hostMissing(host: string) {
  return badRequest(`Compute host ${host} could not be found.`, { code: 'host_not_found' })
}

function unreadable() {
  return badRequest('Invalid input received: Unable to parse availability_zone', { code: 'zone_unreadable' })
}
