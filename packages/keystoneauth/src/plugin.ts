import type { AccessInfo } from './access.ts'
import type { EndpointFilter } from './catalog.ts'
import type { ApiVersion } from './discovery.ts'
import type { EndpointData } from './endpoint-data.ts'
import type { PluginSession } from './plugin-session.ts'

/** A refused request, for the plugin that gave its credentials. */
export interface Refusal {
  status: number
  /** The authentication headers of the refused request. */
  headers: Readonly<Record<string, string>>
  /** `WWW-Authenticate` of the answer. */
  challenge?: string
  /** When the answer came. */
  at: Date
}

/** A source of authentication headers and endpoints. */
export interface AuthPlugin {
  /** Headers for a request; undefined when there is nothing to authenticate with. */
  getHeaders(session: PluginSession): Promise<Record<string, string> | undefined>
  getToken(session: PluginSession): Promise<string | undefined>
  /** @throws EndpointNotFound, VersionNotAvailable, EmptyCatalog */
  getEndpoint(session: PluginSession, filter: EndpointFilter): Promise<string | undefined>
  /** The endpoint with what its service says of its version. @throws EndpointNotFound, VersionNotAvailable, EmptyCatalog */
  getEndpointData?(session: PluginSession, filter: EndpointFilter): Promise<EndpointData | undefined>
  /** Every version that the service of an endpoint has, oldest first. @throws EndpointNotFound, EmptyCatalog */
  getVersions?(session: PluginSession, filter: EndpointFilter): Promise<readonly ApiVersion[]>
  getAccess?(session: PluginSession): Promise<AccessInfo | undefined>
  getProjectId(session: PluginSession): Promise<string | undefined>
  getUserId(session: PluginSession): Promise<string | undefined>
  /** The login in hand, as a text that **contains a secret**; undefined without one. */
  getAuthState?(): string | undefined
  /** Goes on with a login of `getAuthState`, or, for undefined, without one. @throws OptionError */
  setAuthState?(state: string | undefined): void
  /**
   * Drops what was refused.
   *
   * @param refusal what was sent; a plugin whose token is another one by now keeps it. Absent: drop whatever there is
   * @returns whether the next `getHeaders` may give something else
   */
  invalidate(refusal?: Refusal): boolean
}

export const authTokenHeader = 'X-Auth-Token'
export const serviceTokenHeader = 'X-Service-Token'
export const subjectTokenHeader = 'X-Subject-Token'
