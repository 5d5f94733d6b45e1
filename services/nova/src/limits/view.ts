import { isServed, type MicroversionWindow, type QuotaRooms } from '@longhaul/oslo/api'
import type { Microversion, Version } from '../microversions.ts'
import type { QuotaResource } from '../quota/resources.ts'

interface LimitName {
  name: string
  resource: QuotaResource
  shows: 'limit' | 'used'
  window: MicroversionWindow<Version>
}

const limit = (
  name: string,
  resource: QuotaResource,
  window: MicroversionWindow<Version> = {},
): LimitName => ({
  name,
  resource,
  shows: 'limit',
  window,
})
const use = (name: string, resource: QuotaResource, window: MicroversionWindow<Version> = {}): LimitName => ({
  name,
  resource,
  shows: 'used',
  window,
})
const networks: MicroversionWindow<Version> = { to: '2.35' }
const injected: MicroversionWindow<Version> = { to: '2.56' }

/** @see openstack/nova nova/api/openstack/compute/views/limits.py */
const limitNames: readonly LimitName[] = [
  limit('maxTotalInstances', 'instances'),
  limit('maxTotalCores', 'cores'),
  limit('maxTotalRAMSize', 'ram'),
  limit('maxSecurityGroups', 'security_groups', networks),
  limit('maxTotalFloatingIps', 'floating_ips', networks),
  limit('maxServerMeta', 'metadata_items'),
  limit('maxImageMeta', 'metadata_items', { to: '2.38' }),
  limit('maxPersonality', 'injected_files', injected),
  limit('maxPersonalitySize', 'injected_file_content_bytes', injected),
  limit('maxSecurityGroupRules', 'security_group_rules', networks),
  limit('maxTotalKeypairs', 'key_pairs'),
  limit('maxServerGroups', 'server_groups'),
  limit('maxServerGroupMembers', 'server_group_members'),
  use('totalRAMUsed', 'ram'),
  use('totalCoresUsed', 'cores'),
  use('totalInstancesUsed', 'instances'),
  use('totalFloatingIpsUsed', 'floating_ips', networks),
  use('totalSecurityGroupsUsed', 'security_groups', networks),
  use('totalServerGroupsUsed', 'server_groups'),
]

export function limitsView(rooms: QuotaRooms<QuotaResource>, version: Microversion): Record<string, number> {
  const served = limitNames.filter(({ window }) => isServed(version, window))
  return Object.fromEntries(served.map(({ name, resource, shows }) => [name, rooms[resource][shows]]))
}
