import { notFound } from '@longhaul/oslo/api'
import type { PortUpdate } from './schema.ts'

/** What an attribute is without being given: to say so is no matter of rules. */
const defaults: Readonly<Record<string, string>> = {
  device_owner: '""',
  'binding:host_id': '""',
  'binding:profile': '{}',
  'binding:vnic_type': '"normal"',
  allowed_address_pairs: '[]',
}

/** The attributes that a body writes, and the parts of addresses, as the rules name them. */
export function writtenAttributes(given: PortUpdate, how: 'create' | 'update'): string[] {
  const set = Object.entries(given).filter(
    ([name, value]) => value !== undefined && !(how === 'create' && JSON.stringify(value) === defaults[name]),
  )
  const parts = (given.fixed_ips ?? []).flatMap((wish) => Object.keys(wish))
  return [...set.map(([name]) => name), ...[...new Set(parts)].map((part) => `fixed_ips:${part}`)]
}

/** There are no security groups here: a port that is to be in one cannot be. @throws ApiError 404 `SecurityGroupNotFound` */
export function assertNoSecurityGroups(groups: readonly string[] | undefined): void {
  const [first] = groups ?? []
  if (first === undefined) return
  throw notFound(`Security group ${first} does not exist`, { code: 'SecurityGroupNotFound' })
}
