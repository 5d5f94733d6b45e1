/** Availability zone of every compute host. @see [DEFAULT] default_availability_zone */
export const defaultZone = 'nova'
/** Availability zone of nova's other processes. @see [DEFAULT] internal_service_availability_zone */
export const internalZone = 'internal'

/** The availability zone of a process of nova. @param binary such as `nova-compute` */
export function zoneOf(binary: string): string {
  return binary === 'nova-compute' ? defaultZone : internalZone
}
