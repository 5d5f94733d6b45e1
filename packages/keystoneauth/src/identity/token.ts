import type { AuthPlugin } from '../plugin.ts'
import { identityPlugin, type IdentityOptions } from './login.ts'

export interface TokenOptions extends IdentityOptions {
  token: string
}

/**
 * Exchanges a token for one of another scope. The new one ends when the old one does; an expired one cannot be exchanged.
 *
 * @see Identity API v3, token authentication
 */
export function token(options: TokenOptions): AuthPlugin {
  return identityPlugin(
    { name: 'token', payload: () => ({ id: options.token }), secrets: [options.token] },
    options,
  )
}
