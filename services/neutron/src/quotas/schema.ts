import { z } from 'zod'
import { integer } from '@longhaul/oslo/api'
import { parseResource } from '../api/body.ts'
import type { Limits } from '../quota/quotas.ts'

/** -1 is no limit. */
const limit = integer(-1).optional()
const limits = z.strictObject({ network: limit, subnet: limit, port: limit })

/** Reads `{"quota": {"port": 500}}`. @throws ApiError 400 */
export function parseLimits(body: unknown): Partial<Limits> {
  const given = Object.entries(parseResource('quota', limits, body))
  return Object.fromEntries(given.filter(([, value]) => value !== undefined))
}
