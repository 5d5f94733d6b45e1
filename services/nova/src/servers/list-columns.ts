import { sql, type RawBuilder } from 'kysely'
import { defaultZone } from '../zone-names.ts'
import type { ServerSortKey } from './list-query.ts'

const timeText = (column: string) =>
  sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')`
const asText = (column: string) => sql<string>`${sql.ref(column)}::text`
/** What every server has the same. */
const fixed = (value: string) => sql<string>`${sql.lit(value)}::text`

/** Filters whose value is a regular expression, and the text that it is to match. */
export const patternColumns = {
  name: sql.ref('name'),
  display_name: sql.ref('name'),
  description: sql.ref('description'),
  display_description: sql.ref('description'),
  hostname: sql.ref('hostname'),
  key_name: sql.ref('key_name'),
  // A server that was placed is in the zone of its host, whatever was asked for.
  availability_zone: sql<string>`case when host is null then availability_zone else ${sql.lit(defaultZone)} end`,
  reservation_id: sql.ref('reservation_id'),
  launch_index: asText('launch_index'),
  power_state: asText('power_state'),
  locked_by: sql.ref('locked_by'),
  node: sql.ref('host'),
  access_ip_v4: sql.ref('access_ip_v4'),
  access_ip_v6: sql.ref('access_ip_v6'),
  auto_disk_config: sql<string>`auto_disk_config::int::text`,
  created_at: timeText('created_at'),
  launched_at: timeText('launched_at'),
  terminated_at: timeText('deleted_at'),
  root_device_name: sql<string>`case when host is null then null else '/dev/vda' end`,
  kernel_id: fixed(''),
  ramdisk_id: fixed(''),
  config_drive: fixed(''),
  progress: fixed('0'),
} as const satisfies Record<string, RawBuilder<unknown>>

export type PatternColumn = keyof typeof patternColumns

/** What a list is sorted by; keys that are the same for every server are left out. */
export const sortColumns: Partial<Record<ServerSortKey, string>> = {
  access_ip_v4: 'access_ip_v4',
  access_ip_v6: 'access_ip_v6',
  auto_disk_config: 'auto_disk_config',
  availability_zone: 'availability_zone',
  created_at: 'created_at',
  display_description: 'description',
  display_name: 'name',
  host: 'host',
  hostname: 'hostname',
  image_ref: 'image_id',
  key_name: 'key_name',
  launch_index: 'launch_index',
  launched_at: 'launched_at',
  locked: 'locked_by',
  locked_by: 'locked_by',
  node: 'host',
  power_state: 'power_state',
  project_id: 'project_id',
  task_state: 'task_state',
  terminated_at: 'deleted_at',
  updated_at: 'updated_at',
  user_id: 'user_id',
  uuid: 'id',
  vm_state: 'vm_state',
}
