import type { z } from 'zod'
import type { MicroversionWindow } from '@longhaul/oslo/api'
import type { Version } from '../microversions.ts'
import { integer } from '../parameter-types.ts'
import { quotaResourceNames, quotaResources, type QuotaResource } from './resources.ts'

const limit = integer(-1)

/** A limit for each resource, all optional. */
export const limitShape = Object.fromEntries(
  quotaResourceNames.map((name) => [name, limit.optional()]),
) as Record<QuotaResource, z.ZodOptional<typeof limit>>

/** Versions that know each resource. @param api which of the two that show quotas */
export function quotaWindows(
  api: 'sets' | 'classes',
): Readonly<Record<QuotaResource, MicroversionWindow<Version>>> {
  const windows = quotaResourceNames.map((name) => [name, quotaResources[name][api]])
  return Object.fromEntries(windows) as Record<QuotaResource, MicroversionWindow<Version>>
}
