import { fixedEndpoint } from './fixed-endpoint.ts'
import { authTokenHeader, type AuthPlugin } from './plugin.ts'

export interface AdminTokenOptions {
  endpoint: string
  token: string
}

/**
 * A token as it is and one endpoint, without a catalog: never renewed, never dropped.
 *
 * @see keystoneauth1, token_endpoint.Token
 */
export function adminToken({ endpoint, token }: AdminTokenOptions): AuthPlugin {
  return fixedEndpoint(endpoint, { headers: { [authTokenHeader]: token }, token })
}
