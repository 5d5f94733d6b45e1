import { unauthorized } from '../api-error.ts'
import type { CatalogEntryLike, RequestContext } from '../request-context.ts'

/** As much of a validated token as a context is made of. */
export interface TokenLike {
  user: { id: string; name: string; domain: { id: string; name?: string } }
  project?: { id: string; name: string; domain: { id: string; name?: string } } | undefined
  domain?: { id: string; name?: string } | undefined
  system?: { all?: boolean } | undefined
  roles?: readonly { id?: string; name: string }[] | undefined
  is_admin_project?: boolean | undefined
  audit_ids: readonly string[]
  issued_at: string
  expires_at: string
  catalog?: readonly CatalogEntryLike[] | undefined
}

/** What the authentication middleware found out about a request. */
export interface IdentityLike {
  /** The user's token, if it was confirmed. */
  user?: TokenLike | undefined
  /** The service token, if it was confirmed. */
  service?: TokenLike | undefined
  /** The text of the user's token. */
  userToken?: string | undefined
}

/**
 * The context of a request from its validated tokens.
 *
 * @throws ApiError 401 `not_authenticated` without a confirmed user token
 * @see openstack/oslo.context oslo_context/context.py, from_environ
 */
export function contextFromIdentity(
  identity: IdentityLike,
  ids: { requestId: string; globalRequestId?: string | undefined },
): RequestContext {
  const { user, service, userToken } = identity
  if (!user)
    throw unauthorized('The request you have made requires authentication.', { code: 'not_authenticated' })
  return present({
    requestId: ids.requestId,
    globalRequestId: ids.globalRequestId,
    userId: user.user.id,
    userName: user.user.name,
    userDomainId: user.user.domain.id,
    projectId: user.project?.id,
    projectName: user.project?.name,
    projectDomainId: user.project?.domain.id,
    domainId: user.domain?.id,
    systemScope: user.system?.all === true ? 'all' : undefined,
    roles: user.roles?.map((role) => role.name) ?? [],
    isAdminProject: user.is_admin_project ?? true,
    authToken: userToken,
    tokenAuditId: user.audit_ids[0],
    tokenExpiresAt: user.expires_at,
    tokenIssuedAt: user.issued_at,
    catalog: user.catalog,
    serviceRoles: service?.roles?.map((role) => role.name) ?? [],
    serviceUserId: service?.user.id,
    serviceUserName: service?.user.name,
    serviceUserDomainId: service?.user.domain.id,
    serviceProjectId: service?.project?.id,
    serviceProjectDomainId: service?.project?.domain.id,
    serviceTokenAuditId: service?.audit_ids[0],
  })
}

type Undefinable<T> = { [K in keyof T]: T[K] | undefined }

/** Leaves out what has no value; the caller has set all that is required. */
function present(context: Undefinable<Required<RequestContext>>): RequestContext {
  const entries = Object.entries(context).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as unknown as RequestContext
}
