import type { AuthPlugin } from '../plugin.ts'
import type { AuthMethod } from './auth-method.ts'
import { identityPlugin, type IdentityOptions } from './login.ts'
import { userOf, type UserOptions } from './user.ts'

export interface TotpMethodOptions extends UserOptions {
  /** A passcode is good for one login; a function gives a new one for each. */
  passcode: string | (() => string | Promise<string>)
}

export interface TotpOptions extends IdentityOptions, TotpMethodOptions {}

/**
 * Logs in with a time-based one-time passcode. With a passcode that is a text, the token is used to its end, and the login
 * after that is refused.
 *
 * @throws AuthorizationFailure without a user, or for a user name without its domain
 * @see Identity API v3, TOTP authentication
 */
export function totp(options: TotpOptions): AuthPlugin {
  return identityPlugin([totpMethod(options)], options)
}

/** One factor of `multifactor`: a one-time passcode. */
export function totpMethod({ passcode, ...who }: TotpMethodOptions): AuthMethod {
  const user = userOf(who, 'a totp login')
  return {
    name: 'totp',
    singleUse: typeof passcode === 'string',
    proof: async () => {
      const code = typeof passcode === 'string' ? passcode : await passcode()
      return { payload: { user: { ...user, passcode: code } }, secrets: [code] }
    },
  }
}
