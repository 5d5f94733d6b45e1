import { z } from 'zod'
import { enabled, nameUpTo } from '../attributes.ts'

const fields = {
  type: z.string().min(1).max(255),
  name: nameUpTo(255).optional(),
  enabled,
}

/** @see Identity API v3, create service */
export const newService = z.looseObject(fields)
/** @see Identity API v3, update service */
export const serviceChange = newService.partial()

export type NewService = z.infer<typeof newService>
export type ServiceChange = z.infer<typeof serviceChange>
/** Attributes that are no further attributes. */
export const serviceAttributes = [...Object.keys(fields), 'id', 'links', 'extra']
export const serviceFilters = ['type', 'name'] as const
