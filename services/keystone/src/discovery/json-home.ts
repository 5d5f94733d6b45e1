// The home document: where each resource is found, by the name of its relation.

const relations = 'https://docs.openstack.org/api/openstack-identity/3'

const inherit = 'ext/OS-INHERIT/1.0/rel'
const federation = 'ext/OS-FEDERATION/1.0/rel'

/** Paths below `/v3`, by relation. @see keystone.common.json_home and keystone.api */
const resources = {
  'rel/auth_tokens': '/auth/tokens',
  'rel/auth_catalog': '/auth/catalog',
  'rel/auth_projects': '/auth/projects',
  'rel/auth_domains': '/auth/domains',
  'rel/auth_system': '/auth/system',
  [`${federation}/projects`]: '/auth/projects',
  [`${federation}/domains`]: '/auth/domains',
  'rel/domains': '/domains',
  'rel/domain': '/domains/{domain_id}',
  'rel/domain_user_roles': '/domains/{domain_id}/users/{user_id}/roles',
  'rel/domain_user_role': '/domains/{domain_id}/users/{user_id}/roles/{role_id}',
  'rel/domain_group_roles': '/domains/{domain_id}/groups/{group_id}/roles',
  'rel/domain_group_role': '/domains/{domain_id}/groups/{group_id}/roles/{role_id}',
  'rel/projects': '/projects',
  'rel/project': '/projects/{project_id}',
  'rel/project_tags': '/projects/{project_id}/tags/{value}',
  'rel/project_user_roles': '/projects/{project_id}/users/{user_id}/roles',
  'rel/project_user_role': '/projects/{project_id}/users/{user_id}/roles/{role_id}',
  'rel/project_group_roles': '/projects/{project_id}/groups/{group_id}/roles',
  'rel/project_group_role': '/projects/{project_id}/groups/{group_id}/roles/{role_id}',
  'rel/users': '/users',
  'rel/user': '/users/{user_id}',
  'rel/user_change_password': '/users/{user_id}/password',
  'rel/user_groups': '/users/{user_id}/groups',
  'rel/user_projects': '/users/{user_id}/projects',
  'rel/groups': '/groups',
  'rel/group': '/groups/{group_id}',
  'rel/group_users': '/groups/{group_id}/users',
  'rel/group_user': '/groups/{group_id}/users/{user_id}',
  'rel/roles': '/roles',
  'rel/role': '/roles/{role_id}',
  'rel/implied_roles': '/roles/{prior_role_id}/implies',
  'rel/implied_role': '/roles/{prior_role_id}/implies/{implied_role_id}',
  'rel/role_inferences': '/role_inferences',
  'rel/role_assignments': '/role_assignments',
  'rel/system_user_roles': '/system/users/{user_id}/roles',
  'rel/system_user_role': '/system/users/{user_id}/roles/{role_id}',
  'rel/system_group_roles': '/system/groups/{group_id}/roles',
  'rel/system_group_role': '/system/groups/{group_id}/roles/{role_id}',
  [`${inherit}/domain_user_roles_inherited_to_projects`]:
    '/OS-INHERIT/domains/{domain_id}/users/{user_id}/roles/inherited_to_projects',
  [`${inherit}/domain_user_role_inherited_to_projects`]:
    '/OS-INHERIT/domains/{domain_id}/users/{user_id}/roles/{role_id}/inherited_to_projects',
  [`${inherit}/domain_group_roles_inherited_to_projects`]:
    '/OS-INHERIT/domains/{domain_id}/groups/{group_id}/roles/inherited_to_projects',
  [`${inherit}/domain_group_role_inherited_to_projects`]:
    '/OS-INHERIT/domains/{domain_id}/groups/{group_id}/roles/{role_id}/inherited_to_projects',
  [`${inherit}/project_user_role_inherited_to_projects`]:
    '/OS-INHERIT/projects/{project_id}/users/{user_id}/roles/{role_id}/inherited_to_projects',
  [`${inherit}/project_group_role_inherited_to_projects`]:
    '/OS-INHERIT/projects/{project_id}/groups/{group_id}/roles/{role_id}/inherited_to_projects',
  'rel/regions': '/regions',
  'rel/region': '/regions/{region_id}',
  'rel/services': '/services',
  'rel/service': '/services/{service_id}',
  'rel/endpoints': '/endpoints',
  'rel/endpoint': '/endpoints/{endpoint_id}',
}

/** Parameters that are not named like what they stand for. */
const parameters: Record<string, string> = {
  prior_role_id: 'role_id',
  implied_role_id: 'role_id',
  value: 'tag_value',
}

type HomeResource = { href: string } | { 'href-template': string; 'href-vars': Record<string, string> }

export interface HomeDocument {
  resources: Record<string, HomeResource>
}

/** @param prefix of every path: `/v3` in the document of the root, nothing in that of `/v3` itself */
export function homeDocument(prefix: string): HomeDocument {
  return {
    resources: Object.fromEntries(
      Object.entries(resources).map(([name, path]) => [`${relations}/${name}`, resourceAt(prefix, path)]),
    ),
  }
}

function resourceAt(prefix: string, path: string): HomeResource {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
  if (names.length === 0) return { href: `${prefix}${path}` }
  const parameter = (name: string) => `${relations}/param/${parameters[name] ?? name}`
  return {
    'href-template': `${prefix}${path}`,
    'href-vars': Object.fromEntries(names.map((name) => [name, parameter(name)])),
  }
}
