import type { PolicyRule } from '@longhaul/oslo/policy'

/** The checks that the actions of all folders refer to. @see keystone, common/policies/base.py */
export const baseRules: PolicyRule[] = [
  { action: 'admin_required', check: 'role:admin or is_admin:1', description: 'An administrator.' },
  { action: 'service_role', check: 'role:service', description: 'A service.' },
  {
    action: 'token_subject',
    check: 'user_id:%(target.token.user_id)s',
    description: 'The owner of the token.',
  },
  { action: 'owner', check: 'user_id:%(user_id)s', description: 'The user itself.' },
  {
    action: 'admin_or_system_reader',
    check: 'rule:admin_required or (role:reader and system_scope:all)',
    description: 'Whoever may read everything.',
  },
]

/** Rules of a collection: reading as given, writing by an administrator. */
export function collectionPolicy(
  singular: string,
  plural: string,
  read: { list: string; get: string } = {
    list: 'rule:admin_or_system_reader',
    get: 'rule:admin_or_system_reader',
  },
): PolicyRule[] {
  const path = `/v3/${plural}`
  const member = `${path}/{${singular}_id}`
  const rule = (verb: string, check: string, method: string, at: string, what: string): PolicyRule => ({
    action: `identity:${verb}`,
    check,
    description: what,
    operations: [{ method, path: at }],
  })
  return [
    rule(`list_${plural}`, read.list, 'GET', path, `List ${plural}.`),
    rule(`get_${singular}`, read.get, 'GET', member, `Show a ${singular}.`),
    rule(`create_${singular}`, 'rule:admin_required', 'POST', path, `Create a ${singular}.`),
    rule(`update_${singular}`, 'rule:admin_required', 'PATCH', member, `Update a ${singular}.`),
    rule(`delete_${singular}`, 'rule:admin_required', 'DELETE', member, `Delete a ${singular}.`),
  ]
}
