import { z } from 'zod'
import { nameUpTo } from '../attributes.ts'
import { protectable } from '../immutable.ts'

const fields = {
  name: nameUpTo(255),
  domain_id: z.string().max(64).nullable().optional(),
  description: z.string().optional(),
  options: protectable.optional(),
}

/** @see Identity API v3, create role */
export const newRole = z.looseObject(fields)
/** @see Identity API v3, update role */
export const roleChange = newRole.partial()

export type NewRole = z.infer<typeof newRole>
export type RoleChange = z.infer<typeof roleChange>
/** Attributes that are no further attributes. */
export const roleAttributes = [...Object.keys(fields), 'id', 'links', 'extra']
export const roleFilters = ['name', 'domain_id'] as const
