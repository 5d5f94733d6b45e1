import { z } from 'zod'
import { text } from '../parameter-types.ts'
import { anyText, last, pageParameters, time } from '../query-parameters.ts'

/** A regular expression; the database has the last word on what is one. */
const expression = text(1, 1024).refine((source) => {
  try {
    void new RegExp(source)
    return true
  } catch {
    return false
  }
}, 'is no regular expression')

const regex = last(expression).optional()
const plain = last(anyText).optional()

/** Sort keys that are taken and change nothing: they say something about Nova's own tables. */
const ignoredSortKeys = [
  'architecture',
  'cell_name',
  'cleaned',
  'default_ephemeral_device',
  'default_swap_device',
  'deleted',
  'deleted_at',
  'disable_terminate',
  'ephemeral_gb',
  'ephemeral_key_uuid',
  'id',
  'key_data',
  'launched_on',
  'memory_mb',
  'os_type',
  'reservation_id',
  'root_gb',
  'shutdown_terminate',
  'user_data',
  'vcpus',
  'vm_mode',
] as const

export const serverSortKeys = [
  'access_ip_v4',
  'access_ip_v6',
  'auto_disk_config',
  'availability_zone',
  'config_drive',
  'created_at',
  'display_description',
  'display_name',
  'host',
  'hostname',
  'image_ref',
  'instance_type_id',
  'kernel_id',
  'key_name',
  'launch_index',
  'launched_at',
  'locked_by',
  'node',
  'power_state',
  'progress',
  'project_id',
  'ramdisk_id',
  'root_device_name',
  'task_state',
  'terminated_at',
  'updated_at',
  'user_id',
  'uuid',
  'vm_state',
  'locked',
] as const

export type ServerSortKey = (typeof serverSortKeys)[number]

export function isServerSortKey(key: string): key is ServerSortKey {
  return (serverSortKeys as readonly string[]).includes(key)
}

/** Parameters of `GET /servers` and `/servers/detail`. @see openstack/nova schemas/servers.py, query_params */
export const serverListQuery = {
  ...pageParameters,
  user_id: plain,
  project_id: plain,
  tenant_id: plain,
  launch_index: plain,
  image_ref: plain,
  image: plain,
  kernel_id: regex,
  ramdisk_id: regex,
  hostname: regex,
  key_name: regex,
  power_state: regex,
  vm_state: plain,
  task_state: plain,
  host: plain,
  node: regex,
  flavor: regex,
  reservation_id: regex,
  launched_at: regex,
  terminated_at: regex,
  availability_zone: regex,
  name: regex,
  display_name: regex,
  description: regex,
  display_description: regex,
  locked_by: regex,
  uuid: plain,
  root_device_name: regex,
  config_drive: regex,
  access_ip_v4: regex,
  access_ip_v6: regex,
  auto_disk_config: regex,
  progress: regex,
  sort_key: z.array(z.enum([...serverSortKeys, ...ignoredSortKeys])).default([]),
  sort_dir: z.array(anyText).default([]),
  all_tenants: plain,
  soft_deleted: plain,
  deleted: plain,
  status: z.array(anyText).optional(),
  'changes-since': last(time).optional(),
  'changes-before': last(time).optional(),
  ip: regex,
  ip6: regex,
  created_at: regex,
  tags: regex,
  'tags-any': regex,
  'not-tags': regex,
  'not-tags-any': regex,
  locked: plain,
}

export type ServerListQuery = z.output<z.ZodObject<typeof serverListQuery>>

/** Versions that know these parameters. */
export const serverListWindows = {
  tags: { from: '2.26' },
  'tags-any': { from: '2.26' },
  'not-tags': { from: '2.26' },
  'not-tags-any': { from: '2.26' },
  'changes-before': { from: '2.66' },
  locked: { from: '2.73' },
} as const

/** Names of Nova's joined tables: they are told that they are no filters. */
const joinedTables = new Set([
  'block_device_mapping',
  'services',
  'metadata',
  'system_metadata',
  'info_cache',
  'security_groups',
  'pci_devices',
])

/** Whether a parameter would reach into Nova's inner tables. */
export function isInnerField(parameter: string): boolean {
  return parameter.startsWith('_') || joinedTables.has(parameter)
}
