import { z } from 'zod'
import type { Selectable } from 'kysely'
import { text, uuid } from '@longhaul/oslo/api'
import { parseResource } from '../api/body.ts'
import type { Attributes } from '../api/list-query.ts'
import {
  flag,
  ownerBody,
  standardAttributes,
  standardBody,
  standardDocument,
} from '../api/standard-attributes.ts'
import type { PortTable } from '../db/tables.ts'
import { addressOrCidr, ipAddress, macAddress } from '../ip/schema.ts'
import type { FixedIp } from '../ipam/allocate.ts'
import type { Binding } from '../ml2/binding.ts'
import { bindingProfile, vnicType } from '../ml2/schema.ts'

const fixedIp = z
  .strictObject({ subnet_id: uuid.optional(), ip_address: ipAddress.optional() })
  .refine(
    (wish) => wish.subnet_id !== undefined || wish.ip_address !== undefined,
    'needs a subnet_id or an ip_address',
  )
const addressPair = z.strictObject({ ip_address: addressOrCidr, mac_address: macAddress.optional() })

const changes = {
  ...standardBody,
  admin_state_up: flag.optional(),
  device_id: text(0, 255).optional(),
  device_owner: text(0, 255).optional(),
  mac_address: macAddress.optional(),
  fixed_ips: z.array(fixedIp).max(100).optional(),
  allowed_address_pairs: z.array(addressPair).max(100).optional(),
  security_groups: z.array(text(0, 255)).max(100).optional(),
  'binding:host_id': text(0, 255)
    .nullable()
    .transform((host) => host ?? '')
    .optional(),
  'binding:profile': bindingProfile.optional(),
  'binding:vnic_type': vnicType.optional(),
}
const creation = z.strictObject({ ...changes, ...ownerBody, network_id: uuid })
const update = z.strictObject(changes)

export type PortCreation = z.infer<typeof creation>
export type PortUpdate = z.infer<typeof update>

/** @throws ApiError 400 */
export function parseCreation(body: unknown): PortCreation {
  return parseResource('port', creation, body)
}

/** @throws ApiError 400 */
export function parseUpdate(body: unknown): PortUpdate {
  return parseResource('port', update, body)
}

/** What lists are filtered and sorted by. */
export const portAttributes = {
  ...standardAttributes,
  network_id: 'text',
  mac_address: 'text',
  admin_state_up: 'flag',
  status: 'text',
  device_id: 'text',
  device_owner: 'text',
} as const satisfies Attributes

/** Filters of lists that are no columns. */
export const portFilters = ['fixed_ips', 'binding:host_id', 'security_groups'] as const

/** A port as clients see it. @param binding its active one */
export function portDocument(
  row: Selectable<PortTable>,
  fixedIps: readonly FixedIp[],
  binding: Binding | undefined,
) {
  return {
    ...standardDocument(row),
    network_id: row.network_id,
    mac_address: row.mac_address,
    admin_state_up: row.admin_state_up === 1,
    status: row.status,
    device_id: row.device_id,
    device_owner: row.device_owner,
    fixed_ips: fixedIps.map(({ subnet_id, ip_address }) => ({ subnet_id, ip_address })),
    allowed_address_pairs: JSON.parse(row.allowed_address_pairs) as unknown[],
    security_groups: [],
    'binding:host_id': binding?.host ?? '',
    'binding:profile': binding?.profile ?? {},
    'binding:vif_type': binding?.vif_type ?? 'unbound',
    'binding:vif_details': binding?.vif_details ?? {},
    'binding:vnic_type': binding?.vnic_type ?? 'normal',
  }
}
