/** One service of a catalog, as tokens carry it. */
export interface CatalogEntryLike {
  type: string
  name?: string
  id?: string
  endpoints: readonly {
    url: string
    interface: string
    region?: string | null
    region_id?: string | null
    id?: string
  }[]
}

/** Who asks, with which rights, for which request. Made once from the validated tokens. */
export interface RequestContext {
  /** `req-<uuid>`, made here. */
  requestId: string
  /** `req-<uuid>`, made by the first service of the chain. */
  globalRequestId?: string
  userId: string
  userName: string
  userDomainId: string
  projectId?: string
  projectName?: string
  projectDomainId?: string
  domainId?: string
  /** `all`, or absent. */
  systemScope?: string
  roles: string[]
  /** False only for a token whose project is not the cloud's admin project. */
  isAdminProject: boolean
  /** The user's token: never to be logged or stored in clear. */
  authToken?: string
  tokenAuditId?: string
  /** ISO 8601. */
  tokenExpiresAt?: string
  /** ISO 8601. */
  tokenIssuedAt?: string
  catalog?: readonly CatalogEntryLike[]
  /** Roles of a confirmed service token; empty without one. */
  serviceRoles: string[]
  serviceUserId?: string
  serviceUserName?: string
  serviceUserDomainId?: string
  serviceProjectId?: string
  serviceProjectDomainId?: string
  serviceTokenAuditId?: string
}

/** The id that every call for this request carries to other services: of the first service of the chain. @see oslo.context, global_id */
export function chainId({ globalRequestId, requestId }: RequestContext): string {
  return globalRequestId ?? requestId
}
