import type { AuthPlugin } from '../plugin.ts'
import type { AuthMethod } from './auth-method.ts'
import { identityPlugin, type IdentityOptions } from './login.ts'
import { userOf, type UserOptions } from './user.ts'

export interface PasswordMethodOptions extends UserOptions {
  password: string
}

export interface PasswordOptions extends IdentityOptions, PasswordMethodOptions {}

/**
 * Logs in with a user's password.
 *
 * @throws AuthorizationFailure without a user, or for a user name without its domain
 * @example password({ authUrl: 'http://controller:5000/v3', username: 'nova', userDomainName: 'Default', password: secret,
 *   projectName: 'service', projectDomainName: 'Default' })
 * @see Identity API v3, password authentication
 */
export function password(options: PasswordOptions): AuthPlugin {
  return identityPlugin([passwordMethod(options)], options)
}

/** One factor of `multifactor`: a user's password. */
export function passwordMethod(options: PasswordMethodOptions): AuthMethod {
  const user = userOf(options, 'a password login')
  return {
    name: 'password',
    proof: () => ({
      payload: { user: { ...user, password: options.password } },
      secrets: [options.password],
    }),
  }
}
