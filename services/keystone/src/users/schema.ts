import { z } from 'zod'
import { enabled, idString, nameUpTo } from '../attributes.ts'

const flag = z.boolean().nullable().optional()

/** @see keystone, identity/backends/resource_options.py */
const options = z.strictObject({
  ignore_change_password_upon_first_use: flag,
  ignore_password_expiry: flag,
  ignore_lockout_failure_attempts: flag,
  ignore_user_inactivity: flag,
  lock_password: flag,
  multi_factor_auth_enabled: flag,
  multi_factor_auth_rules: z.array(z.array(z.string()).min(1)).nullable().optional(),
})

const fields = {
  name: nameUpTo(255),
  domain_id: idString.optional(),
  enabled,
  default_project_id: idString.nullable().optional(),
  password: z.string().nullable().optional(),
  options: options.optional(),
  federated: z.array(z.unknown()).max(0, 'federated users are not supported').optional(),
}

/** @see Identity API v3, create user */
export const newUser = z.looseObject(fields)
/** @see Identity API v3, update user */
export const userChange = newUser.partial()
/** @see Identity API v3, change password for user */
export const passwordChange = z.looseObject({
  user: z.strictObject({ original_password: z.string(), password: z.string() }),
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
  'id',
  'links',
  'extra',
]
/** Attributes of federated users: nobody has them. */
export const foreignFilters = ['idp_id', 'protocol_id', 'unique_id'] as const
export const userFilters = ['domain_id', 'enabled', 'name', 'password_expires_at', ...foreignFilters] as const
