import type { PolicyRule } from '@longhaul/oslo/policy'

const all = '/v3/{project_id}/types'
const one = `${all}/{type_id}`
const specs = `${one}/extra_specs`
const shown = [
  { method: 'GET', path: all },
  { method: 'GET', path: one },
]

const adminRule = (
  action: string,
  description: string,
  ...operations: { method: string; path: string }[]
): PolicyRule => ({ action, check: 'rule:admin_api', description, operations })

const readerRule = (
  action: string,
  description: string,
  ...operations: { method: string; path: string }[]
): PolicyRule => ({ action, check: 'rule:xena_system_admin_or_project_reader', description, operations })

/** @see openstack/cinder cinder/policies/volume_type.py, type_extra_specs.py and volume_access.py */
export const typeRules: PolicyRule[] = [
  readerRule('volume_extension:type_get', 'Show a type of volumes', shown[1]!),
  readerRule('volume_extension:type_get_all', 'List types of volumes', shown[0]!),
  adminRule('volume_extension:type_create', 'Create a type of volumes', { method: 'POST', path: all }),
  adminRule('volume_extension:type_update', 'Change a type of volumes', { method: 'PUT', path: one }),
  adminRule('volume_extension:type_delete', 'Delete a type of volumes', { method: 'DELETE', path: one }),
  readerRule('volume_extension:access_types_extra_specs', 'See the extra specs of a type', ...shown),
  adminRule(
    'volume_extension:access_types_qos_specs_id',
    'See the QoS specs of a type, always none',
    ...shown,
  ),
  adminRule(
    'volume_extension:types_extra_specs:read_sensitive',
    'See all extra specs, not only those for users',
    ...shown,
    { method: 'GET', path: specs },
    { method: 'GET', path: `${specs}/{key}` },
  ),
  readerRule('volume_extension:types_extra_specs:index', 'List extra specs', { method: 'GET', path: specs }),
  readerRule('volume_extension:types_extra_specs:show', 'Show an extra spec', {
    method: 'GET',
    path: `${specs}/{key}`,
  }),
  adminRule('volume_extension:types_extra_specs:create', 'Set extra specs', { method: 'POST', path: specs }),
  adminRule('volume_extension:types_extra_specs:update', 'Set an extra spec', {
    method: 'PUT',
    path: `${specs}/{key}`,
  }),
  adminRule('volume_extension:types_extra_specs:delete', 'Delete an extra spec', {
    method: 'DELETE',
    path: `${specs}/{key}`,
  }),
  {
    action: 'volume_extension:volume_type_access',
    check: 'rule:xena_system_admin_or_project_member',
    description: 'See whether a type is public',
    operations: shown,
  },
  adminRule('volume_extension:volume_type_access:addProjectAccess', 'Let a project use a type', {
    method: 'POST',
    path: `${one}/action`,
  }),
  adminRule('volume_extension:volume_type_access:removeProjectAccess', 'Let a project no longer use a type', {
    method: 'POST',
    path: `${one}/action`,
  }),
  adminRule('volume_extension:volume_type_access:get_all_for_type', 'List the projects that may use a type', {
    method: 'GET',
    path: `${one}/os-volume-type-access`,
  }),
]
