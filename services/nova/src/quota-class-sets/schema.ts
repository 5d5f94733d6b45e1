import { z } from 'zod'
import { parseBody } from '@longhaul/oslo/api'
import type { Microversion } from '../microversions.ts'
import { text } from '../parameter-types.ts'
import { refuseKeysOutside } from '../query-parameters.ts'
import type { Limits } from '../quota/store.ts'
import { limitShape, quotaWindows } from '../quota/schema.ts'

const updateQuotaClassBody = z.strictObject({ quota_class_set: z.strictObject(limitShape) })

/** Reads the body of `PUT /os-quota-class-sets/{name}`. @throws ApiError 400 */
export function parseQuotaClass(body: unknown, version: Microversion): Limits {
  refuseKeysOutside(body, 'quota_class_set', version, quotaWindows('classes'))
  const limits = parseBody(updateQuotaClassBody, body).quota_class_set
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined))
}

/** Name of a class in the URL. */
export const className = text(1, 255)
