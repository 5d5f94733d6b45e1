import { policyCredentials, type RequestContext } from '@longhaul/oslo/context'
import type { Enforcer } from '@longhaul/oslo/policy'
import { isAdmin } from '../request-context.ts'
import type { ViewRights } from './view.ts'

/** Which statuses of its host a caller is told. */
export type HostStatusRight = 'all' | 'unknown-only' | 'none'

const show = 'os_compute_api:servers:show'

/** @param target the server's owner, or the caller for a list */
export function rightsOf(
  policy: Enforcer,
  context: RequestContext,
  target: Record<string, unknown>,
): ViewRights & { hostStatus: HostStatusRight } {
  const credentials = policyCredentials(context)
  const may = (action: string) => policy.check(action, target, credentials)
  return {
    extended: may('os_compute_api:os-extended-server-attributes'),
    admin: isAdmin(policy, context),
    extraSpecs: may(`${show}:flavor-extra-specs`),
    hostStatus: may(`${show}:host_status`)
      ? 'all'
      : may(`${show}:host_status:unknown-only`)
        ? 'unknown-only'
        : 'none',
  }
}
