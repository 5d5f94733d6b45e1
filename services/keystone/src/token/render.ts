import type { CatalogService } from '../catalog/catalog.ts'
import type { Delegation } from './delegations.ts'
import type { TokenPayload } from './payload.ts'

export interface Reference {
  id: string
  name: string
}

/** A catalog beside its JSON, which is made once. */
export interface Catalog {
  entries: readonly CatalogService[]
  json: string
}

/** What a token says beyond its payload, as of now. */
export interface TokenFacts {
  user: Reference & { domain: Reference }
  project?: Reference & { domain: Reference }
  domain?: Reference
  /** Empty for an unscoped token. */
  roles: Reference[]
  /** Absent for an unscoped token. */
  catalog?: Catalog
  applicationCredential?: Delegation['applicationCredential']
}

/** The object `token` of an answer, without its catalog. @see Identity API v3, token object */
export interface TokenBody {
  methods: string[]
  user: Reference & { domain: Reference; password_expires_at: null }
  audit_ids: string[]
  expires_at: string
  issued_at: string
  project?: Reference & { domain: Reference }
  is_domain?: boolean
  domain?: Reference
  system?: { all: true }
  roles?: Reference[]
  application_credential?: Delegation['applicationCredential']
}

/** @param issuedAt seconds since 1970 */
export function tokenBody(payload: TokenPayload, issuedAt: number, facts: TokenFacts): TokenBody {
  const { project, domain, roles, applicationCredential } = facts
  return {
    methods: payload.methods,
    user: { ...facts.user, password_expires_at: null },
    audit_ids: payload.auditIds,
    expires_at: timestamp(payload.expiresAt),
    issued_at: timestamp(issuedAt),
    ...(project ? { project, is_domain: false } : {}),
    ...(domain ? { domain } : {}),
    ...(payload.system ? { system: { all: true as const } } : {}),
    ...(roles.length > 0 ? { roles } : {}),
    ...(applicationCredential ? { application_credential: applicationCredential } : {}),
  }
}

/** Keystone's form of a time; the fraction is always zero. @param seconds since 1970 */
function timestamp(seconds: number): string {
  return new Date(Math.floor(seconds) * 1000).toISOString().replace('.000Z', '.000000Z')
}

/** The body as text; the catalog is spliced in as it was serialised for the project. */
export function tokenJson(body: TokenBody, catalogJson: string | undefined): string {
  const text = JSON.stringify(body)
  if (catalogJson === undefined) return `{"token":${text}}`
  return `{"token":${text.slice(0, -1)},"catalog":${catalogJson}}}`
}
