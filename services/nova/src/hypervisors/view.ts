import { isIP } from 'node:net'
import type { Microversion } from '../microversions.ts'
import type { Hypervisor } from './store.ts'

/** What is shown of a host that does not say what runs its guests. */
const unsaid = { type: 'QEMU', version: 0, cpu_info: {} }

export interface HypervisorViewOptions {
  version: Microversion
  /** Whether its nova-compute reported lately. */
  up: boolean
}

export function hypervisorSummary({ id, uuid, host, service }: Hypervisor, options: HypervisorViewOptions) {
  return {
    id: options.version.atLeast('2.53') ? uuid : id,
    hypervisor_hostname: host,
    state: options.up ? 'up' : 'down',
    status: service.disabled ? 'disabled' : 'enabled',
  }
}

/** @see openstack/nova nova/api/openstack/compute/hypervisors.py */
export function hypervisorView(hypervisor: Hypervisor, options: HypervisorViewOptions) {
  const { version, up } = options
  const { service, host } = hypervisor
  const facts = hypervisor.hypervisor ?? unsaid
  const uptime = up ? (hypervisor.hypervisor?.uptime ?? null) : null
  return {
    ...hypervisorSummary(hypervisor, options),
    hypervisor_type: facts.type,
    hypervisor_version: facts.version,
    host_ip: addressOf(hypervisor.url),
    service: {
      id: version.atLeast('2.53') ? service.uuid : service.id,
      host,
      disabled_reason: service.disabled_reason,
    },
    ...(version.atLeast('2.88')
      ? { uptime }
      : {
          ...loadOf(hypervisor),
          cpu_info: version.atLeast('2.28') ? facts.cpu_info : JSON.stringify(facts.cpu_info),
        }),
  }
}

/** What a host has, and what its servers take. */
function loadOf({ vcpus, memory_mb, disk_gb, used, servers }: Hypervisor) {
  return {
    vcpus,
    memory_mb,
    local_gb: disk_gb,
    vcpus_used: used.vcpus,
    memory_mb_used: used.ram,
    local_gb_used: used.disk,
    free_ram_mb: memory_mb - used.ram,
    free_disk_gb: disk_gb - used.disk,
    current_workload: used.busy,
    // Nova's name for the number of servers, in whatever state they are.
    running_vms: servers.length,
    disk_available_least: disk_gb - used.disk,
  }
}

/** The sum over all hypervisors that are not out of use. */
export function hypervisorStatistics(hypervisors: readonly Hypervisor[]): Record<string, number> {
  const inUse = hypervisors.filter(({ service }) => !service.disabled)
  const names = [
    'vcpus',
    'memory_mb',
    'local_gb',
    'vcpus_used',
    'memory_mb_used',
    'local_gb_used',
    'free_ram_mb',
    'free_disk_gb',
    'current_workload',
    'running_vms',
    'disk_available_least',
  ] as const
  const loads = inUse.map(loadOf)
  const sums = names.map((name) => [name, loads.reduce((sum, load) => sum + load[name], 0)] as const)
  return { count: inUse.length, ...Object.fromEntries(sums) }
}

/** The address in an agent's URL; null if there is a name. */
function addressOf(url: string): string | null {
  const host = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1')
  return isIP(host) === 0 ? null : host
}
