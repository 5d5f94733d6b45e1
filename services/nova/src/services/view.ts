import type { Microversion } from '../microversions.ts'
import { isoTimeWithoutZone } from '../iso-time.ts'
import { zoneOf } from '../zone-names.ts'
import type { Service } from './store.ts'

/**
 * @param up whether it reported lately
 * @see openstack/nova nova/api/openstack/compute/services.py
 */
export function serviceView(service: Service, { up, version }: { up: boolean; version: Microversion }) {
  return {
    binary: service.binary,
    host: service.host,
    id: version.atLeast('2.53') ? service.uuid : service.id,
    zone: zoneOf(service.binary),
    status: service.disabled ? 'disabled' : 'enabled',
    state: up ? 'up' : 'down',
    updated_at: isoTimeWithoutZone(service.reported_at),
    disabled_reason: service.disabled_reason,
    ...(version.atLeast('2.11') ? { forced_down: service.forced_down } : {}),
  }
}
