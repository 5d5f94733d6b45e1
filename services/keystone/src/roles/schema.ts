import { z } from 'zod'

const fields = {
  name: z.string().min(1).max(255).regex(/\S/),
  domain_id: z.string().max(64).nullable().optional(),
  description: z.string().nullable().optional(),
  options: z.record(z.string(), z.unknown()).optional(),
}

/** @see Identity API v3, create role */
export const newRole = z.looseObject(fields)
/** @see Identity API v3, update role */
export const roleChange = newRole.partial()

export type NewRole = z.infer<typeof newRole>
export type RoleChange = z.infer<typeof roleChange>
export const roleFilters = ['name', 'domain_id'] as const
