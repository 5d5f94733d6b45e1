import { AuthorizationFailure } from './errors.ts'
import { fixedEndpoint } from './fixed-endpoint.ts'
import type { AuthPlugin } from './plugin.ts'

export interface HttpBasicOptions {
  username: string
  password: string
  endpoint?: string
}

/**
 * User and password in every request, for a service that runs without Keystone.
 *
 * @throws AuthorizationFailure for a username with a colon, which the header cannot carry
 * @see RFC 7617; keystoneauth1, http_basic.HTTPBasicAuth
 */
export function httpBasic(options: HttpBasicOptions): AuthPlugin {
  const { username, password, endpoint } = options
  const headers = { Authorization: basicCredentials(username, password) }
  return fixedEndpoint(endpoint, { headers, token: undefined })
}

/**
 * The value of `Authorization`.
 *
 * @throws AuthorizationFailure for a username with a colon
 */
export function basicCredentials(username: string, password: string): string {
  if (username.includes(':')) throw new AuthorizationFailure('HTTP Basic has no user name with a colon')
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}
