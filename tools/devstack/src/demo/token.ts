import { randomUUID } from 'node:crypto'
import { contextAuth, type AuthPlugin, type Session } from '@longhaul/keystoneauth'

/** A token itself and no way to renew it: what a service has of its user. */
export async function freshToken(
  plugin: AuthPlugin,
  session: Session,
): Promise<{ auth: AuthPlugin; auditId: string; issuedAt: string }> {
  const token = await plugin.getToken(session)
  const access = await plugin.getAccess?.(session)
  if (access === undefined || access.token !== token) throw new Error('the login gave no token to keep')
  const { data } = access
  return {
    auth: contextAuth({ token, catalog: data.catalog ?? [] }),
    auditId: data.audit_ids[0] ?? '',
    issuedAt: data.issued_at,
  }
}

/** An id that a client gives a request, so that every call that is made for it can be found. */
export function newRequestId(): string {
  return `req-${randomUUID()}`
}
