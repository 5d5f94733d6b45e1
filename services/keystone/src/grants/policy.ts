import type { PolicyRule } from '@longhaul/oslo/policy'
import { cloudScopes, readsAll } from '../policy.ts'

/** Actor and target both belong to the domain in which the caller has a role. */
const inDomain = (role: string) => {
  const owners = ['user', 'group'].map((kind) => `domain_id:%(target.${kind}.domain_id)s`)
  const places = ['domain_id:%(target.project.domain_id)s', 'domain_id:%(target.domain.id)s']
  return `(role:${role} and (${owners.join(' or ')}) and (${places.join(' or ')}))`
}
const roleFits = '(domain_id:%(target.role.domain_id)s or None:%(target.role.domain_id)s)'
const write = `rule:admin_required or (${inDomain('manager')} and rule:domain_managed_target_role)`

/** What a rule of grants on the system is called, for each kind of actor. */
const systemActions = {
  user: {
    list: 'identity:list_system_grants_for_user',
    check: 'identity:check_system_grant_for_user',
    create: 'identity:create_system_grant_for_user',
    revoke: 'identity:revoke_system_grant_for_user',
  },
  group: {
    list: 'identity:list_system_grants_for_group',
    check: 'identity:check_system_grant_for_group',
    create: 'identity:create_system_grant_for_group',
    revoke: 'identity:revoke_system_grant_for_group',
  },
} as const

const systemRules = (['user', 'group'] as const).flatMap((kind): PolicyRule[] => {
  const roles = `/v3/system/${kind}s/{${kind}_id}/roles`
  const role = `${roles}/{role_id}`
  const { list, check, create, revoke } = systemActions[kind]
  const admin = 'rule:admin_required'
  const rule = (
    action: string,
    by: string,
    method: string,
    path: string,
    description: string,
  ): PolicyRule => ({
    action,
    check: by,
    description,
    operations: [{ method, path }],
    scopeTypes: cloudScopes,
  })
  return [
    rule(list, readsAll, 'GET', roles, `List the roles of a ${kind} on the system.`),
    rule(check, readsAll, 'GET', role, `Check a role of a ${kind} on the system.`),
    rule(create, admin, 'PUT', role, `Grant a ${kind} a role on the system.`),
    rule(revoke, admin, 'DELETE', role, `Take a role on the system from a ${kind}.`),
  ]
})

const grantPaths = ['project', 'domain'].flatMap((place) =>
  ['user', 'group'].map((actor) => ({
    place,
    path: `/${place}s/{${place}_id}/${actor}s/{${actor}_id}/roles`,
  })),
)
/** The calls with one grant, of its own place and of what projects inherit. */
const grantCalls = (method: string) =>
  grantPaths.flatMap(({ path }) => [
    { method, path: `/v3${path}/{role_id}` },
    { method, path: `/v3/OS-INHERIT${path}/{role_id}/inherited_to_projects` },
  ])
const listCalls = grantPaths.flatMap(({ place, path }) => [
  { method: 'GET', path: `/v3${path}` },
  ...(place === 'domain' ? [{ method: 'GET', path: `/v3/OS-INHERIT${path}/inherited_to_projects` }] : []),
])

/** @see keystone, common/policies/grant.py */
export const grantPolicy: PolicyRule[] = [
  {
    action: 'identity:check_grant',
    check: `${readsAll} or (${inDomain('reader')} and ${roleFits})`,
    description: 'Check a grant.',
    operations: grantCalls('GET'),
  },
  {
    action: 'identity:list_grants',
    check: `${readsAll} or ${inDomain('reader')}`,
    description: 'List the roles of a user or a group on a target.',
    operations: listCalls,
  },
  {
    action: 'identity:create_grant',
    check: write,
    description: 'Grant a role.',
    operations: grantCalls('PUT'),
  },
  {
    action: 'identity:revoke_grant',
    check: write,
    description: 'Take a role away.',
    operations: grantCalls('DELETE'),
  },
  ...systemRules,
]
