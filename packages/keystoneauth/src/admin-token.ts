import { fixedEndpoint } from './fixed-endpoint.ts'
import { authTokenHeader, type AuthPlugin } from './plugin.ts'

/**
 * A token as it is and one endpoint, without a catalog: never renewed, never dropped.
 *
 * @see keystoneauth1, token_endpoint.Token
 */
export function adminToken({ endpoint, token }: { endpoint: string; token: string }): AuthPlugin {
  return fixedEndpoint(endpoint, { headers: { [authTokenHeader]: token }, token })
}
