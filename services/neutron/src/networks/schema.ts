import { z } from 'zod'
import type { Selectable } from 'kysely'
import { integer } from '@longhaul/oslo/api'
import { parseResource } from '../api/body.ts'
import type { Attributes } from '../api/list-query.ts'
import {
  flag,
  ownerBody,
  standardAttributes,
  standardBody,
  standardDocument,
} from '../api/standard-attributes.ts'
import type { NetworkTable } from '../db/tables.ts'

/** IPv4 does not work below it. */
const minMtu = 68

const changes = {
  ...standardBody,
  admin_state_up: flag.optional(),
  shared: flag.optional(),
  mtu: integer(minMtu, 65_535).optional(),
}
const creation = z.strictObject({ ...changes, ...ownerBody })
const update = z.strictObject(changes)

export type NetworkCreation = z.infer<typeof creation>
export type NetworkUpdate = z.infer<typeof update>

/** @throws ApiError 400 */
export function parseCreation(body: unknown): NetworkCreation {
  return parseResource('network', creation, body)
}

/** @throws ApiError 400 */
export function parseUpdate(body: unknown): NetworkUpdate {
  return parseResource('network', update, body)
}

/** What lists are filtered and sorted by. */
export const networkAttributes = {
  ...standardAttributes,
  admin_state_up: 'flag',
  shared: 'flag',
  mtu: 'number',
  status: 'text',
} as const satisfies Attributes

/** A network as clients see it. @param subnets ids */
export function networkDocument(row: Selectable<NetworkTable>, subnets: readonly string[]) {
  return {
    ...standardDocument(row),
    admin_state_up: row.admin_state_up === 1,
    shared: row.shared === 1,
    mtu: row.mtu,
    status: row.status,
    subnets,
  }
}

export type NetworkDocument = ReturnType<typeof networkDocument>
