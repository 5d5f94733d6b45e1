import { z } from 'zod'
import { badRequest, parseBody } from '@longhaul/oslo/api'
import type { Microversion } from '../microversions.ts'
import { boolean, text } from '../parameter-types.ts'

/** What was asked for. */
export interface LiveMigrate {
  /** Null: any. */
  host: string | null
  /** `auto`: as the storage of both hosts says. */
  block_migration: boolean | 'auto'
}

const host = text(1, 255)
  .regex(/^[a-zA-Z0-9-._]*$/, 'is no name of a host')
  .nullable()
const orAuto = z.union([boolean, z.literal('auto')])

const upTo224 = z.strictObject({
  'os-migrateLive': z.strictObject({ host, block_migration: boolean, disk_over_commit: boolean }),
})
const from225 = z.strictObject({ 'os-migrateLive': z.strictObject({ host, block_migration: orAuto }) })
const from230 = z.strictObject({
  'os-migrateLive': z.strictObject({ host, block_migration: orAuto, force: boolean.optional() }),
})

/**
 * Reads the body of `os-migrateLive`. `force`, known from 2.30 to 2.67, changes nothing: a destination always has to have room.
 *
 * @throws ApiError 400
 * @see openstack/nova nova/api/openstack/compute/schemas/migrate_server.py
 */
export function parseLiveMigrate(body: unknown, version: Microversion): LiveMigrate {
  if (!version.atLeast('2.25')) return parseBody(upTo224, body)['os-migrateLive']
  if (!version.atLeast('2.30') || version.atLeast('2.68')) return parseBody(from225, body)['os-migrateLive']
  const { force, ...wanted } = parseBody(from230, body)['os-migrateLive']
  if (!force || wanted.host !== null) return wanted
  throw badRequest("Can't force to a non-provided destination", { code: 'host_not_given' })
}
