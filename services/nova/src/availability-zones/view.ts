import { isoTimeWithoutZone } from '../iso-time.ts'
import type { AvailabilityZone, ZoneService } from './availability-zones.ts'

/** @see openstack/nova nova/api/openstack/compute/availability_zone.py */
export function availabilityZoneView({ name, available }: AvailabilityZone) {
  return { zoneName: name, zoneState: { available }, hosts: null }
}

/** With the services of each host; of a zone that is not available nothing is said. */
export function availabilityZoneDetail(zone: AvailabilityZone) {
  if (!zone.available) return availabilityZoneView(zone)
  const hosts = Map.groupBy(zone.services, ({ host }) => host)
  const shown = [...hosts].map(([host, services]) => [
    host,
    Object.fromEntries(services.map((service) => [service.binary, serviceState(service)])),
  ])
  return { ...availabilityZoneView(zone), hosts: Object.fromEntries(shown) as object }
}

function serviceState({ up, disabled, reported_at: reported }: ZoneService) {
  return { available: up, active: !disabled, updated_at: isoTimeWithoutZone(reported) }
}
