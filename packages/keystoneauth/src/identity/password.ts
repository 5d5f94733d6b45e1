import { AuthorizationFailure } from '../errors.ts'
import type { AuthPlugin } from '../plugin.ts'
import { identityPlugin, type IdentityOptions } from './login.ts'
import { domainOf } from './scope.ts'

export interface PasswordOptions extends IdentityOptions {
  userId?: string
  username?: string
  userDomainId?: string
  userDomainName?: string
  password: string
}

/**
 * Logs in with a user's password.
 *
 * @throws AuthorizationFailure without a user, or for a user name without its domain
 * @example password({ authUrl: 'http://controller:5000/v3', username: 'nova', userDomainName: 'Default', password: secret,
 *   projectName: 'service', projectDomainName: 'Default' })
 * @see Identity API v3, password authentication
 */
export function password(options: PasswordOptions): AuthPlugin {
  const user = userOf(options)
  return identityPlugin(
    {
      name: 'password',
      payload: () => ({ user: { ...user, password: options.password } }),
      secrets: [options.password],
    },
    options,
  )
}

function userOf(options: PasswordOptions): Record<string, unknown> {
  if (options.userId) return { id: options.userId }
  if (!options.username) throw new AuthorizationFailure('a password login needs user_id or username')
  const domain = domainOf(options.userDomainId, options.userDomainName, options)
  if (!domain) throw new AuthorizationFailure('username needs user_domain_id or user_domain_name')
  return { name: options.username, domain }
}
