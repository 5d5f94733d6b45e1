import { AuthorizationFailure } from '../errors.ts'
import { domainOf, type ScopeOptions } from './scope.ts'

/** Who logs in: an id, or a name with its domain. */
export interface UserOptions extends Pick<ScopeOptions, 'defaultDomainId' | 'defaultDomainName'> {
  userId?: string
  username?: string
  userDomainId?: string
  userDomainName?: string
}

/**
 * The `user` of a method's payload.
 *
 * @param what the login, for the error
 * @throws AuthorizationFailure without a user, or for a user name without its domain
 */
export function userOf(options: UserOptions, what: string): Record<string, unknown> {
  if (options.userId) return { id: options.userId }
  if (!options.username) throw new AuthorizationFailure(`${what} needs user_id or username`)
  const domain = domainOf(options.userDomainId, options.userDomainName, options)
  if (!domain) throw new AuthorizationFailure('username needs user_domain_id or user_domain_name')
  return { name: options.username, domain }
}
