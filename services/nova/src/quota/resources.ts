import type { MicroversionWindow } from '@longhaul/oslo/api'
import type { Version } from '../microversions.ts'

interface Facts {
  /** Versions in which /os-quota-sets has it. */
  sets: MicroversionWindow<Version>
  /** Versions in which /os-quota-class-sets has it. */
  classes: MicroversionWindow<Version>
  /** Option of `[quota]` that holds its default; absent: there is no limit. */
  option?: string
}

const always: Pick<Facts, 'sets' | 'classes'> = { sets: {}, classes: {} }
const networks: Facts = { sets: { to: '2.35' }, classes: { to: '2.49' } }
const injected = { sets: { to: '2.56' }, classes: { to: '2.56' } } as const
const groups = { sets: {}, classes: { from: '2.50' } } as const

/** What has a limit, in the order in which it is shown. @see openstack/nova nova/quota.py */
export const quotaResources = {
  instances: { ...always, option: 'instances' },
  cores: { ...always, option: 'cores' },
  ram: { ...always, option: 'ram' },
  security_groups: networks,
  fixed_ips: networks,
  floating_ips: networks,
  metadata_items: { ...always, option: 'metadata_items' },
  injected_files: { ...injected, option: 'injected_files' },
  injected_file_content_bytes: { ...injected, option: 'injected_file_content_bytes' },
  injected_file_path_bytes: { ...injected, option: 'injected_file_path_length' },
  security_group_rules: networks,
  key_pairs: { ...always, option: 'key_pairs' },
  server_groups: { ...groups, option: 'server_groups' },
  server_group_members: { ...groups, option: 'server_group_members' },
} as const satisfies Record<string, Facts>

export type QuotaResource = keyof typeof quotaResources

export const quotaResourceNames = Object.keys(quotaResources) as QuotaResource[]
