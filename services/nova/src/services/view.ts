import type { Microversion } from '../microversions.ts'
import { isoTimeWithoutZone } from '../iso-time.ts'
import type { Service } from './store.ts'

/** Availability zone of what is not a compute host. @see [DEFAULT] internal_service_availability_zone */
const internalZone = 'internal'
/** @see [DEFAULT] default_availability_zone */
const defaultZone = 'nova'

/**
 * @param up whether it reported lately
 * @see openstack/nova nova/api/openstack/compute/services.py
 */
export function serviceView(service: Service, { up, version }: { up: boolean; version: Microversion }) {
  return {
    binary: service.binary,
    host: service.host,
    id: version.atLeast('2.53') ? service.uuid : service.id,
    zone: service.binary === 'nova-compute' ? defaultZone : internalZone,
    status: service.disabled ? 'disabled' : 'enabled',
    state: up ? 'up' : 'down',
    updated_at: isoTimeWithoutZone(service.reported_at),
    disabled_reason: service.disabled_reason,
    ...(version.atLeast('2.11') ? { forced_down: service.forced_down } : {}),
  }
}
