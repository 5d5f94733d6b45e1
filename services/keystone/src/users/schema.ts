import { z } from 'zod'

const id = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-zA-Z0-9-]+$/)
const fields = {
  name: z.string().min(1).max(255).regex(/\S/),
  domain_id: id.nullable().optional(),
  enabled: z.boolean().nullable().optional(),
  default_project_id: id.nullable().optional(),
  password: z.string().nullable().optional(),
  options: z.record(z.string(), z.unknown()).optional(),
}

/** @see Identity API v3, create user */
export const newUser = z.looseObject(fields)
/** @see Identity API v3, update user */
export const userChange = newUser
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'at least one attribute must be given')
/** @see Identity API v3, change password for user */
export const passwordChange = z.looseObject({
  user: z.looseObject({ original_password: z.string(), password: z.string().min(1) }),
})

export type NewUser = z.infer<typeof newUser>
export type UserChange = z.infer<typeof userChange>
export type PasswordChange = z.infer<typeof passwordChange>['user']
/** Attributes that are no further attributes; a password above all must never become one. */
export const userAttributes = [
  ...Object.keys(fields),
  'original_password',
  'password_hash',
  'password_expires_at',
  'federated',
  'id',
  'links',
  'extra',
]
export const userFilters = ['name', 'domain_id', 'enabled'] as const
