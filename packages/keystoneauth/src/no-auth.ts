import { fixedEndpoint } from './fixed-endpoint.ts'
import { authTokenHeader, type AuthPlugin } from './plugin.ts'

// Services that run without Keystone ignore it, but some want to see the header.
const placeholder = 'notused'

/**
 * No credentials, for a service that runs without Keystone. Requests carry `X-Auth-Token: notused`.
 *
 * @see keystoneauth1, noauth.NoAuth
 */
export function none(options: { endpoint?: string } = {}): AuthPlugin {
  return fixedEndpoint(options.endpoint, {
    headers: { [authTokenHeader]: placeholder },
    token: placeholder,
  })
}
