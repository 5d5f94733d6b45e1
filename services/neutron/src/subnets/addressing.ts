import { badRequest, conflict } from '@longhaul/oslo/api'
import { formatAddress, parseAddress } from '../ip/address.ts'
import { contains, formatCidr, hostRange, overlap, type Cidr, type Range } from '../ip/cidr.ts'
import type { PoolText } from './subnet.ts'

/** Where guests find the way out: the first address for hosts. A block without room for it has none. */
export function defaultGateway(cidr: Cidr): string | null {
  const { first, last } = hostRange(cidr)
  return first >= last ? null : formatAddress({ version: cidr.version, value: first })
}

/**
 * Refuses a gateway that cannot be one. Outside of the block it may be.
 *
 * @throws ApiError 400 `InvalidInput`
 */
export function assertGateway(cidr: Cidr, gateway: string): void {
  const address = parseAddress(gateway)!
  const { first, last } = hostRange(cidr)
  if (address.version !== cidr.version) {
    throw invalid(`Gateway ${gateway} is not of IP version ${cidr.version}`)
  }
  if (contains(cidr, address) && (address.value < first || address.value > last)) {
    throw invalid('Gateway is not valid on subnet')
  }
}

/** All addresses for hosts but the gateway. */
export function defaultPools(cidr: Cidr, gateway: string | null): PoolText[] {
  const { first, last } = hostRange(cidr)
  const address = gateway === null ? undefined : parseAddress(gateway)
  const isWithin = address?.version === cidr.version && address.value >= first && address.value <= last
  const ranges = isWithin
    ? [
        { first, last: address.value - 1n },
        { first: address.value + 1n, last },
      ]
    : [{ first, last }]
  return ranges
    .filter((range) => range.first <= range.last)
    .map((range) => ({
      start: formatAddress({ version: cidr.version, value: range.first }),
      end: formatAddress({ version: cidr.version, value: range.last }),
    }))
}

/**
 * Refuses pools that are no ranges of the block, that overlap, or that hold the gateway.
 *
 * @throws ApiError 400 `InvalidAllocationPool`, `OutOfBoundsAllocationPool`; 409 `OverlappingAllocationPools`,
 *   `GatewayConflictWithAllocationPools`
 */
export function assertPools(cidr: Cidr, pools: readonly PoolText[], gateway: string | null): void {
  const name = (pool: PoolText) => `${pool.start}-${pool.end}`
  const block = formatCidr(cidr)
  const ranges = pools.map((pool) => rangeOf(cidr, pool))
  for (const [index, range] of ranges.entries()) {
    const pool = pools[index]!
    if (range === undefined || range.first > range.last) {
      throw badRequest(`The allocation pool ${name(pool)} is not valid.`, { code: 'InvalidAllocationPool' })
    }
    const hosts = hostRange(cidr)
    if (range.first < hosts.first || range.last > hosts.last) {
      throw badRequest(`The allocation pool ${name(pool)} spans beyond the subnet cidr ${block}.`, {
        code: 'OutOfBoundsAllocationPool',
      })
    }
    const other = ranges.findIndex((one, at) => at < index && one !== undefined && overlap(one, range))
    if (other >= 0) {
      throw conflict(
        `Found overlapping allocation pools: ${name(pools[other]!)}, ${name(pool)} for subnet ${block}.`,
        {
          code: 'OverlappingAllocationPools',
        },
      )
    }
    const address = gateway === null ? undefined : parseAddress(gateway)
    if (address?.version === cidr.version && address.value >= range.first && address.value <= range.last) {
      throw conflict(`Gateway ip ${gateway} conflicts with allocation pool ${name(pool)}.`, {
        code: 'GatewayConflictWithAllocationPools',
      })
    }
  }
}

function rangeOf(cidr: Cidr, pool: PoolText): Range | undefined {
  const [start, end] = [parseAddress(pool.start)!, parseAddress(pool.end)!]
  if (start.version !== cidr.version || end.version !== cidr.version) return undefined
  return { first: start.value, last: end.value }
}

/** @throws ApiError 400 `InvalidInput` */
export function invalid(reason: string) {
  return badRequest(`Invalid input for operation: ${reason}.`, { code: 'InvalidInput' })
}
