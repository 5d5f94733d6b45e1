import type { RequestContext } from './request-context.ts'

/**
 * What policy rules see of a caller, under oslo.context's names. What the caller does not have is left out, so that a
 * rule that compares it is not met.
 *
 * @see openstack/oslo.context oslo_context/context.py, to_policy_values
 */
export function policyCredentials(context: RequestContext): Record<string, unknown> {
  const all: Record<string, unknown> = {
    user_id: context.userId,
    user_domain_id: context.userDomainId,
    project_id: context.projectId,
    project_domain_id: context.projectDomainId,
    domain_id: context.domainId,
    system_scope: context.systemScope,
    roles: context.roles,
    is_admin_project: context.isAdminProject,
    service_roles: context.serviceRoles,
    service_user_id: context.serviceUserId,
    service_user_domain_id: context.serviceUserDomainId,
    service_project_id: context.serviceProjectId,
    service_project_domain_id: context.serviceProjectDomainId,
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}
