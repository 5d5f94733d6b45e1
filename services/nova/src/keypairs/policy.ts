import type { PolicyRule } from '@longhaul/oslo/policy'

/** Key pairs are their user's; the target is that user. */
const own = 'rule:context_is_admin or user_id:%(user_id)s'
const one = '/os-keypairs/{keypair_name}'

/** @see openstack/nova nova/policies/keypairs.py */
export const keypairRules: PolicyRule[] = [
  {
    action: 'os_compute_api:os-keypairs:index',
    check: own,
    description: 'List key pairs',
    operations: [{ method: 'GET', path: '/os-keypairs' }],
  },
  {
    action: 'os_compute_api:os-keypairs:create',
    check: own,
    description: 'Import a key pair, or have one made',
    operations: [{ method: 'POST', path: '/os-keypairs' }],
  },
  {
    action: 'os_compute_api:os-keypairs:show',
    check: own,
    description: 'Show a key pair',
    operations: [{ method: 'GET', path: one }],
  },
  {
    action: 'os_compute_api:os-keypairs:delete',
    check: own,
    description: 'Delete a key pair',
    operations: [{ method: 'DELETE', path: one }],
  },
]
