import { readFileSync, statfsSync } from 'node:fs'
import { availableParallelism, freemem, loadavg, totalmem, uptime } from 'node:os'
import type { PowerState } from '../jobs-protocol.ts'
import type { Hypervisor } from '../virt/driver.ts'
import { cpuInfoOf, type CpuInfo } from './cpu-info.ts'

/** What the Compute API tells of a hypervisor. @see Compute API, GET /os-hypervisors/detail */
export interface HostFacts {
  hypervisor_type: string
  /** Such as 7002022. */
  hypervisor_version: number
  hypervisor_hostname: string
  host_ip: string
  cpu_info: CpuInfo
  /** Processors of the host. */
  vcpus: number
  memory_mb: number
  memory_mb_used: number
  local_gb: number
  local_gb_used: number
  /** Machines that have a process. */
  running_vms: number
  /** Seconds. */
  uptime: number
  /** Over the last one, five and fifteen minutes. */
  load_average: number[]
}

/** What a host can hold. */
export interface Capacity {
  vcpus: number
  memory_mb: number
  disk_gb: number
}

/** The state of a host, in bytes and seconds. */
export interface HostState {
  cpu: CpuInfo
  processors: number
  memory: { total: number; free: number }
  disk: { total: number; free: number }
  uptime: number
  loadAverage: number[]
}

export interface HostFactsOptions {
  hypervisor: Hypervisor
  hostname: string
  /** Where conductors reach the agent. */
  url: string
  guests: readonly { power_state: PowerState }[]
}

const mebibyte = 2 ** 20
const gibibyte = 2 ** 30
const withProcess: ReadonlySet<PowerState> = new Set(['running', 'paused', 'crashed'])

export function hostFacts(state: HostState, options: HostFactsOptions): HostFacts {
  const { memory, disk } = state
  const { hypervisor, hostname, url, guests } = options
  return {
    hypervisor_type: hypervisor.type,
    hypervisor_version: hypervisor.version,
    hypervisor_hostname: hostname,
    host_ip: new URL(url).hostname.replace(/^\[|\]$/g, ''),
    cpu_info: state.cpu,
    vcpus: state.processors,
    memory_mb: Math.floor(memory.total / mebibyte),
    memory_mb_used: Math.ceil((memory.total - memory.free) / mebibyte),
    local_gb: Math.floor(disk.total / gibibyte),
    local_gb_used: Math.ceil((disk.total - disk.free) / gibibyte),
    running_vms: guests.filter((guest) => withProcess.has(guest.power_state)).length,
    uptime: Math.floor(state.uptime),
    load_average: state.loadAverage,
  }
}

/** @see openstack/nova, [DEFAULT] cpu_allocation_ratio, once 16 */
const vcpusPerProcessor = 16

/** What a host can hold. */
export function capacityOf({ processors, memory, disk }: HostState): Capacity {
  return {
    vcpus: processors * vcpusPerProcessor,
    memory_mb: Math.floor(memory.total / mebibyte),
    disk_gb: Math.floor(disk.total / gibibyte),
  }
}

/** Looks at the host. @param directory on the disk where machines are kept */
export function readHostState(directory: string): HostState {
  const { blocks, bsize, bavail } = statfsSync(directory)
  return {
    cpu: cpuInfoOf(readFileSync('/proc/cpuinfo', 'utf8'), process.arch),
    processors: availableParallelism(),
    memory: { total: totalmem(), free: freemem() },
    disk: { total: blocks * bsize, free: bavail * bsize },
    uptime: uptime(),
    loadAverage: loadavg(),
  }
}
