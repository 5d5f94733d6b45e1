import { badRequest } from '@longhaul/oslo/api'
import { boolean } from '../parameter-types.ts'

type Rule = (value: string) => boolean

const anything: Rule = () => true
const yesOrNo: Rule = (value) => boolean.safeParse(value).success
const oneOf =
  (...words: string[]): Rule =>
  (value) =>
    words.includes(value)
const like =
  (shape: RegExp): Rule =>
  (value) =>
    shape.test(value)
const whole =
  (min = -Infinity, max = Infinity): Rule =>
  (value) =>
    /^\s*[-+]?\d+\s*$/.test(value) && Number(value) >= min && Number(value) <= max

const cpuMap = like(/^\^?\d+((-\d+)?(,\^?\d+(-\d+)?)?)*$/)
const level = oneOf('custom', 'high', 'normal', 'low')
const each = (prefix: string, names: string, rule: Rule): [string, Rule][] =>
  names.split(' ').map((name) => [`${prefix}:${name}`, rule])

/**
 * Extra specs that are known, by name. A name space is known if one of its names is.
 *
 * @see openstack/nova nova/api/validation/extra_specs/
 */
const rules = new Map<string, Rule>([
  ['accel:device_profile', anything],
  ['group_policy', oneOf('isolate', 'none')],
  ['hide_hypervisor_id', yesOrNo],
  ...each(
    'capabilities',
    'id uuid service_id host vcpus memory_mb local_gb vcpus_used memory_mb_used local_gb_used hypervisor_type ' +
      'hypervisor_version hypervisor_hostname free_ram_mb free_disk_gb current_workload running_vms ' +
      'disk_available_least host_ip mapped cpu_allocation_ratio ram_allocation_ratio disk_allocation_ratio ' +
      'total_usable_ram_mb total_usable_disk_gb disk_mb_used free_disk_mb vcpus_total num_instances num_io_ops ' +
      'failed_builds aggregates cell_uuid updated',
    anything,
  ),
  ...each(
    'hw',
    'cpu_realtime hide_hypervisor_id locked_memory boot_menu vif_multiqueue_enabled mem_encryption pmu ' +
      'ephemeral_encryption',
    yesOrNo,
  ),
  ...each(
    'hw',
    'numa_nodes cpu_sockets cpu_cores cpu_threads max_cpu_sockets max_cpu_cores max_cpu_threads',
    whole(1),
  ),
  ['hw:serial_port_count', whole(0)],
  ['hw:cpu_realtime_mask', cpuMap],
  ['hw:cpu_dedicated_mask', cpuMap],
  ['hw:cpu_policy', oneOf('dedicated', 'shared', 'mixed')],
  ['hw:cpu_thread_policy', oneOf('prefer', 'isolate', 'require')],
  ['hw:emulator_threads_policy', oneOf('isolate', 'share')],
  ['hw:mem_page_size', like(/^(large|small|any|\d+([kKMGT]i?)?(b|bit|B)?)$/)],
  ['hw:pci_numa_affinity_policy', oneOf('required', 'preferred', 'legacy', 'socket')],
  ['hw:pmem', like(/^[a-zA-Z0-9_,]+$/)],
  ['hw:tpm_model', oneOf('tpm-tis', 'tpm-crb')],
  ['hw:tpm_version', oneOf('1.2', '2.0')],
  ['hw:watchdog_action', oneOf('none', 'pause', 'poweroff', 'reset', 'disabled')],
  ['hw:viommu_model', oneOf('intel', 'smmuv3', 'virtio', 'auto')],
  ['hw:ephemeral_encryption_format', oneOf('plain', 'luks', 'luksv2')],
  ['hw_rng:allowed', yesOrNo],
  ...each('hw_rng', 'rate_bytes rate_period', whole(0)),
  ['hw_video:ram_max_mb', whole(0)],
  ['os:secure_boot', oneOf('disabled', 'required')],
  ['os:resolution', oneOf('1024x768', '1280x1024', '1600x1200', '1920x1200', '2560x1600', '3840x2160')],
  ['os:monitors', whole(1, 8)],
  ['os:vram', oneOf('64', '128', '256', '512', '1024')],
  ['pci_passthrough:alias', like(/^[^:]+:\d+(?:\s*,\s*[^:]+:\d+)*$/)],
  ...each('quota', 'cpu_shares_level memory_shares_level disk_io_shares_level vif_shares_level', level),
  ...each(
    'quota',
    'cpu_reservation memory_reservation disk_io_reservation vif_reservation cpu_quota',
    whole(),
  ),
  ...each(
    'quota',
    'cpu_limit cpu_shares_share memory_limit memory_shares_share disk_io_limit disk_io_shares_share vif_limit ' +
      'vif_shares_share cpu_shares cpu_period disk_read_bytes_sec disk_read_iops_sec disk_write_bytes_sec ' +
      'disk_write_iops_sec disk_total_bytes_sec disk_total_iops_sec vif_inbound_average vif_inbound_peak ' +
      'vif_inbound_burst vif_outbound_average vif_outbound_peak vif_outbound_burst',
    whole(0),
  ),
  ...each('vmware', 'hw_version storage_policy', anything),
])

/** Extra specs whose names have a part that users choose. */
const families: readonly [RegExp, Rule][] = [
  [/^aggregate_instance_extra_specs:.+$/, anything],
  [
    /^capabilities:(cpu_info|metrics|stats|numa_topology|supported_hv_specs|pci_device_pools|nodename|pci_stats|supported_instances|limits|instances)(:\w+)*$/,
    anything,
  ],
  [/^hw:numa_cpus\.\d+$/, cpuMap],
  [/^hw:numa_mem\.\d+$/, whole(1)],
  [/^resources([a-zA-Z0-9_-]{1,64})?:[A-Z0-9_]+$/, whole()],
  [/^trait([a-zA-Z0-9_-]{1,64})?:[A-Z0-9_]+$/, oneOf('required', 'forbidden')],
]

const nameSpaces =
  /^(accel|aggregate_instance_extra_specs|capabilities|hw|hw_rng|hw_video|os|pci_passthrough|quota|vmware|(resources|trait)([a-zA-Z0-9_-]{1,64})?)$/

/**
 * Checks an extra spec as microversion 2.86 does; names outside of the known name spaces may be anything.
 *
 * @throws ApiError 400 `invalid_extra_spec`
 */
export function assertExtraSpec(name: string, value: string): void {
  const rule = rules.get(name) ?? families.find(([shape]) => shape.test(name))?.[1]
  if (rule) {
    if (rule(value)) return
    throw badRequest(`Validation failed; '${value}' is no value of the extra spec '${name}'.`, {
      code: 'invalid_extra_spec',
    })
  }
  const [space = ''] = name.split(':', 1)
  if (!name.includes(':') || !nameSpaces.test(space)) return
  throw badRequest(`Validation failed; extra spec '${name}' does not appear to be a valid extra spec.`, {
    code: 'invalid_extra_spec',
  })
}
