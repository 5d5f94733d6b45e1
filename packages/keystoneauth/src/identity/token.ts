import type { AuthPlugin } from '../plugin.ts'
import type { AuthMethod } from './auth-method.ts'
import { identityPlugin, type IdentityOptions } from './login.ts'

export interface TokenMethodOptions {
  token: string
}

export interface TokenOptions extends IdentityOptions, TokenMethodOptions {}

/**
 * Exchanges a token for one of another scope. The new one ends when the old one does; an expired one cannot be exchanged.
 *
 * @see Identity API v3, token authentication
 */
export function token(options: TokenOptions): AuthPlugin {
  return identityPlugin([tokenMethod(options)], options)
}

/** One factor of `multifactor`: a token. */
export function tokenMethod({ token: id }: TokenMethodOptions): AuthMethod {
  return { name: 'token', proof: () => ({ payload: { id }, secrets: [id] }) }
}
