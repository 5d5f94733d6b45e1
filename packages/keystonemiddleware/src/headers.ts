import type { TokenData } from '@longhaul/keystoneauth'
import { catalogHeaderValue } from './service-catalog.ts'

/** One identity header, for the user's token and, where there is one, its twin for the service token. */
export interface IdentityHeader {
  user: string
  service?: string
  /** What its value is, for the reference page. */
  means: string
  /** undefined: the header is left out. */
  value: (token: TokenData) => string | undefined
  /** The header to use today. */
  deprecatedFor?: string
}

const roleNames = (token: TokenData) => (token.roles ?? []).map((role) => role.name).join(',')
const adminProject = (token: TokenData) => (token.is_admin_project === false ? 'False' : 'True')

function older(deprecatedFor: string, value: IdentityHeader['value']) {
  return { means: `as \`${deprecatedFor}\`, which is its newer name`, value, deprecatedFor }
}

/**
 * The table that drives both what is removed from a request and what is set on it.
 *
 * @see keystonemiddleware auth_token/_request.py
 */
export const identityHeaders: readonly IdentityHeader[] = [
  { user: 'X-User-Id', service: 'X-Service-User-Id', means: 'id of the user', value: (t) => t.user.id },
  {
    user: 'X-User-Name',
    service: 'X-Service-User-Name',
    means: 'name of the user',
    value: (t) => t.user.name,
  },
  {
    user: 'X-User-Domain-Id',
    service: 'X-Service-User-Domain-Id',
    means: "id of the user's domain",
    value: (t) => t.user.domain?.id,
  },
  {
    user: 'X-User-Domain-Name',
    service: 'X-Service-User-Domain-Name',
    means: "name of the user's domain",
    value: (t) => t.user.domain?.name,
  },
  {
    user: 'X-Project-Id',
    service: 'X-Service-Project-Id',
    means: 'id of the project of a token for a project',
    value: (t) => t.project?.id,
  },
  {
    user: 'X-Project-Name',
    service: 'X-Service-Project-Name',
    means: 'name of that project',
    value: (t) => t.project?.name,
  },
  {
    user: 'X-Project-Domain-Id',
    service: 'X-Service-Project-Domain-Id',
    means: "id of that project's domain",
    value: (t) => t.project?.domain?.id,
  },
  {
    user: 'X-Project-Domain-Name',
    service: 'X-Service-Project-Domain-Name',
    means: "name of that project's domain",
    value: (t) => t.project?.domain?.name,
  },
  {
    user: 'X-Domain-Id',
    service: 'X-Service-Domain-Id',
    means: 'id of the domain of a token for a domain',
    value: (t) => t.domain?.id,
  },
  {
    user: 'X-Domain-Name',
    service: 'X-Service-Domain-Name',
    means: 'name of that domain',
    value: (t) => t.domain?.name,
  },
  {
    user: 'X-Roles',
    service: 'X-Service-Roles',
    means: 'names of the roles, with commas between',
    value: roleNames,
  },
  {
    user: 'X-Is-Admin-Project',
    means: '`False` if Keystone says that the project is not the one of administrators, else `True`',
    value: adminProject,
  },
  {
    user: 'OpenStack-System-Scope',
    means: '`all` of a token for the system as a whole',
    value: (t) => (t.system?.all ? 'all' : undefined),
  },
  { user: 'X-Role', ...older('X-Roles', roleNames) },
  { user: 'X-User', ...older('X-User-Name', (t) => t.user.name) },
  { user: 'X-Tenant-Id', ...older('X-Project-Id', (t) => t.project?.id) },
  { user: 'X-Tenant-Name', ...older('X-Project-Name', (t) => t.project?.name) },
  { user: 'X-Tenant', ...older('X-Project-Name', (t) => t.project?.name) },
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
