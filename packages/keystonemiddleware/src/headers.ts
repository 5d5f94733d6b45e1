import type { TokenData } from '@longhaul/keystoneauth'
import { catalogHeaderValue } from './service-catalog.ts'

/** One identity header, for the user's token and, where there is one, its twin for the service token. */
export interface IdentityHeader {
  user: string
  service?: string
  /** undefined: the header is left out. */
  value: (token: TokenData) => string | undefined
  /** The header to use today. */
  deprecatedFor?: string
}

const roleNames = (token: TokenData) => (token.roles ?? []).map((role) => role.name).join(',')
const adminProject = (token: TokenData) => (token.is_admin_project === false ? 'False' : 'True')

/**
 * The table that drives both what is removed from a request and what is set on it.
 *
 * @see keystonemiddleware auth_token/_request.py
 */
export const identityHeaders: readonly IdentityHeader[] = [
  { user: 'X-User-Id', service: 'X-Service-User-Id', value: (t) => t.user.id },
  { user: 'X-User-Name', service: 'X-Service-User-Name', value: (t) => t.user.name },
  { user: 'X-User-Domain-Id', service: 'X-Service-User-Domain-Id', value: (t) => t.user.domain?.id },
  { user: 'X-User-Domain-Name', service: 'X-Service-User-Domain-Name', value: (t) => t.user.domain?.name },
  { user: 'X-Project-Id', service: 'X-Service-Project-Id', value: (t) => t.project?.id },
  { user: 'X-Project-Name', service: 'X-Service-Project-Name', value: (t) => t.project?.name },
  {
    user: 'X-Project-Domain-Id',
    service: 'X-Service-Project-Domain-Id',
    value: (t) => t.project?.domain?.id,
  },
  {
    user: 'X-Project-Domain-Name',
    service: 'X-Service-Project-Domain-Name',
    value: (t) => t.project?.domain?.name,
  },
  { user: 'X-Domain-Id', service: 'X-Service-Domain-Id', value: (t) => t.domain?.id },
  { user: 'X-Domain-Name', service: 'X-Service-Domain-Name', value: (t) => t.domain?.name },
  { user: 'X-Roles', service: 'X-Service-Roles', value: roleNames },
  { user: 'X-Is-Admin-Project', value: adminProject },
  { user: 'OpenStack-System-Scope', value: (t) => (t.system?.all ? 'all' : undefined) },
  { user: 'X-Role', value: roleNames, deprecatedFor: 'X-Roles' },
  { user: 'X-User', value: (t) => t.user.name, deprecatedFor: 'X-User-Name' },
  { user: 'X-Tenant-Id', value: (t) => t.project?.id, deprecatedFor: 'X-Project-Id' },
  { user: 'X-Tenant-Name', value: (t) => t.project?.name, deprecatedFor: 'X-Project-Name' },
  { user: 'X-Tenant', value: (t) => t.project?.name, deprecatedFor: 'X-Project-Name' },
]

/** `Confirmed` or `Invalid`; the service's only when a service token came. */
export const statusHeaders = { user: 'X-Identity-Status', service: 'X-Service-Identity-Status' } as const

/** The user's catalog in the form of Identity v2. */
export const catalogHeader = 'X-Service-Catalog'

/** Where tokens come in, as node:http spells them. `userFallback` counts only when `user` is not sent at all. */
export const tokenHeaders = {
  user: 'x-auth-token',
  userFallback: 'x-storage-token',
  service: 'x-service-token',
} as const

/** Lower-case names that a client may never set. */
export const strippedHeaders: ReadonlySet<string> = new Set(
  [
    ...identityHeaders.flatMap((header) => (header.service ? [header.user, header.service] : [header.user])),
    statusHeaders.user,
    statusHeaders.service,
    catalogHeader,
  ].map((name) => name.toLowerCase()),
)

/** The headers of one confirmed token. */
export function headersOf(token: TokenData, whose: 'user' | 'service'): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const header of identityHeaders) {
    const name = header[whose]
    const value = name && header.value(token)
    if (name && value !== undefined && value !== null) headers[name] = value
  }
  return headers
}

/** {@link catalogHeader} of a token; empty when the token has no catalog. */
export function catalogHeaders(token: TokenData): Record<string, string> {
  return token.catalog?.length ? { [catalogHeader]: catalogHeaderValue(token.catalog) } : {}
}
