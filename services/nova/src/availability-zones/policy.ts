import type { PolicyRule } from '@longhaul/oslo/policy'

/** @see openstack/nova nova/policies/availability_zone.py */
export const availabilityZoneRules: PolicyRule[] = [
  {
    action: 'os_compute_api:os-availability-zone:list',
    check: '@',
    description: 'List availability zones, without their hosts',
    operations: [{ method: 'GET', path: '/os-availability-zone' }],
  },
  {
    action: 'os_compute_api:os-availability-zone:detail',
    check: 'rule:context_is_admin',
    description: 'List availability zones with their hosts, and the one of internal services',
    operations: [{ method: 'GET', path: '/os-availability-zone/detail' }],
  },
]
