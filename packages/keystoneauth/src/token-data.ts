export interface CatalogEndpoint {
  id?: string
  interface: string
  region?: string
  region_id?: string
  url: string
}

export interface CatalogEntry {
  id?: string
  type: string
  name?: string
  endpoints: CatalogEndpoint[]
}

export interface DomainReference {
  id: string
  name: string
}

export interface AccessRule {
  id?: string
  service: string
  path: string
  method: string
}

/** The object `token` of an answer to `/v3/auth/tokens`. @see Identity API v3, authentication and token management */
export interface TokenData {
  methods: string[]
  user: { id: string; name: string; domain: DomainReference; password_expires_at?: string | null }
  /** The token's own id for audits and, after a rescope, the first token's. */
  audit_ids: string[]
  /** `YYYY-MM-DDTHH:MM:SS.000000Z`. */
  expires_at: string
  issued_at: string
  project?: { id: string; name: string; domain: DomainReference }
  domain?: DomainReference
  system?: { all: boolean }
  is_domain?: boolean
  is_admin_project?: boolean
  roles?: { id: string; name: string }[]
  catalog?: CatalogEntry[]
  application_credential?: {
    id: string
    name: string
    restricted: boolean
    access_rules?: AccessRule[] | null
  }
  'OS-TRUST:trust'?: {
    id: string
    impersonation: boolean
    trustor_user: { id: string }
    trustee_user: { id: string }
  }
  bind?: Record<string, unknown>
}
