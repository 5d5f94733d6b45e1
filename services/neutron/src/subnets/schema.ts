import { z } from 'zod'
import type { Selectable } from 'kysely'
import { uuid } from '@longhaul/oslo/api'
import { parseResource } from '../api/body.ts'
import type { Attributes } from '../api/list-query.ts'
import {
  flag,
  ownerBody,
  standardAttributes,
  standardBody,
  standardDocument,
} from '../api/standard-attributes.ts'
import type { SubnetTable } from '../db/tables.ts'
import { addressOrCidr, cidr, ipAddress } from '../ip/schema.ts'
import type { HostRoute, PoolText } from './subnet.ts'

const pool = z.strictObject({ start: ipAddress, end: ipAddress })
const route = z.strictObject({ destination: addressOrCidr, nexthop: ipAddress })

const changes = {
  ...standardBody,
  gateway_ip: ipAddress.nullable().optional(),
  enable_dhcp: flag.optional(),
  allocation_pools: z.array(pool).max(100).optional(),
  dns_nameservers: z.array(ipAddress).max(5).nullable().optional(),
  host_routes: z.array(route).max(20).nullable().optional(),
}
const ipv6Mode = z.enum(['slaac', 'dhcpv6-stateful', 'dhcpv6-stateless']).nullable().optional()
const creation = z.strictObject({
  ...changes,
  ...ownerBody,
  network_id: uuid,
  cidr,
  ip_version: z.union([z.literal(4), z.literal(6), z.enum(['4', '6']).transform(Number)]),
  ipv6_ra_mode: ipv6Mode,
  ipv6_address_mode: ipv6Mode,
})
const update = z.strictObject(changes)

export type SubnetCreation = z.infer<typeof creation>
export type SubnetUpdate = z.infer<typeof update>

/** @throws ApiError 400 */
export function parseCreation(body: unknown): SubnetCreation {
  return parseResource('subnet', creation, body)
}

/** @throws ApiError 400 */
export function parseUpdate(body: unknown): SubnetUpdate {
  return parseResource('subnet', update, body)
}

/** What lists are filtered and sorted by. */
export const subnetAttributes = {
  ...standardAttributes,
  network_id: 'text',
  ip_version: 'number',
  cidr: 'text',
  gateway_ip: 'text',
  enable_dhcp: 'flag',
  ipv6_ra_mode: 'text',
  ipv6_address_mode: 'text',
} as const satisfies Attributes

/** A subnet as clients see it. */
export function subnetDocument(row: Selectable<SubnetTable>) {
  return {
    ...standardDocument(row),
    network_id: row.network_id,
    ip_version: row.ip_version,
    cidr: row.cidr,
    gateway_ip: row.gateway_ip,
    enable_dhcp: row.enable_dhcp === 1,
    ipv6_ra_mode: row.ipv6_ra_mode,
    ipv6_address_mode: row.ipv6_address_mode,
    allocation_pools: JSON.parse(row.allocation_pools) as PoolText[],
    dns_nameservers: JSON.parse(row.dns_nameservers) as string[],
    host_routes: JSON.parse(row.host_routes) as HostRoute[],
    service_types: [],
    subnetpool_id: null,
  }
}
