import { forbidden, leftOf, type QuotaRoom } from '@longhaul/oslo/api'

type Resource = 'instances' | 'cores' | 'ram'

/**
 * How many of the servers that a request wants may be made.
 *
 * @throws ApiError 403 if not even the fewest fit
 * @see openstack/nova nova/compute/utils.py, check_num_instances_quota
 */
export function allowedServers(
  rooms: Readonly<Record<Resource, QuotaRoom>>,
  flavor: { vcpus: number; ram: number },
  { min, max }: { min: number; max: number },
): number {
  const each: Record<Resource, number> = { instances: 1, cores: flavor.vcpus, ram: flavor.ram }
  const names = Object.keys(each) as Resource[]
  const fit = Math.min(...names.map((name) => Math.floor(leftOf(rooms[name]) / each[name])))
  if (fit >= min) return Math.min(fit, max)

  const overs = names.filter((name) => max * each[name] > leftOf(rooms[name])).toSorted()
  const count = min === max ? String(min) : `${min}-${max}`
  const asked = overs.map((name) => (name === 'instances' ? count : String(max * each[name])))
  const used = overs.map((name) => rooms[name].used)
  const limits = overs.map((name) => rooms[name].limit)
  throw forbidden(
    `Quota exceeded for ${overs.join(', ')}: Requested ${asked.join(', ')}, but already used ` +
      `${used.join(', ')} of ${limits.join(', ')} ${overs.join(', ')}`,
    { code: 'quota_exceeded' },
  )
}
