import { AuthorizationFailure } from '../errors.ts'
import type { AuthPlugin } from '../plugin.ts'
import type { AuthMethod } from './auth-method.ts'
import { identityPlugin, type IdentityOptions } from './login.ts'
import { scopeOf } from './scope.ts'
import { userOf, type UserOptions } from './user.ts'

export interface ApplicationCredentialMethodOptions extends UserOptions {
  applicationCredentialId?: string
  /** Needs a user, as names are unique for each user only. */
  applicationCredentialName?: string
  applicationCredentialSecret: string
}

export interface ApplicationCredentialOptions extends IdentityOptions, ApplicationCredentialMethodOptions {}

/**
 * Logs in with an application credential; the token has the project and the roles that belong to it.
 *
 * @throws AuthorizationFailure without id or name, for a name without its user, and for a scope: Keystone refuses every
 *   login with an application credential that names one
 * @see Identity API v3, application credential authentication
 */
export function applicationCredential(options: ApplicationCredentialOptions): AuthPlugin {
  if (scopeOf(options) !== undefined) {
    throw new AuthorizationFailure('an application credential has a scope of its own and takes no other')
  }
  return identityPlugin([applicationCredentialMethod(options)], options)
}

/** One factor of `multifactor`: an application credential. */
export function applicationCredentialMethod(options: ApplicationCredentialMethodOptions): AuthMethod {
  const which = credentialOf(options)
  const secret = options.applicationCredentialSecret
  return {
    name: 'application_credential',
    proof: () => ({ payload: { ...which, secret }, secrets: [secret] }),
  }
}

function credentialOf(options: ApplicationCredentialMethodOptions): Record<string, unknown> {
  const { applicationCredentialId: id, applicationCredentialName: name } = options
  if (id) return { id }
  if (name) return { name, user: userOf(options, 'an application credential by its name') }
  throw new AuthorizationFailure(
    'an application credential needs application_credential_id or application_credential_name',
  )
}
