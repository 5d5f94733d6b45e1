import { readFileSync, statfsSync } from 'node:fs'
import { availableParallelism, loadavg, totalmem, uptime } from 'node:os'
import type { Hypervisor } from '../virt/driver.ts'
import { cpuInfoOf, type CpuInfo } from './cpu-info.ts'

/** What the Compute API tells of a hypervisor, besides what it counts itself. @see Compute API, GET /os-hypervisors/detail */
export interface HostFacts extends Hypervisor {
  cpu_info: CpuInfo
  /** As the command `uptime` prints it. */
  uptime: string
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
  memory: number
  disk: number
  uptime: number
  /** Over the last one, five and fifteen minutes. */
  loadAverage: number[]
}

const mebibyte = 2 ** 20
const gibibyte = 2 ** 30

export function hostFacts(state: HostState, hypervisor: Hypervisor, now: Date): HostFacts {
  const { type, version } = hypervisor
  return { type, version, cpu_info: state.cpu, uptime: uptimeText(state, now) }
}

function uptimeText({ uptime, loadAverage }: HostState, now: Date): string {
  const [days, hours, minutes] = [86_400, 3600, 60].map((unit) => Math.floor(uptime / unit))
  const clock = `${hours! % 24}:${String(minutes! % 60).padStart(2, '0')}`
  const loads = loadAverage.map((load) => load.toFixed(2)).join(', ')
  return ` ${now.toISOString().slice(11, 19)} up ${days} days, ${clock},  0 users,  load average: ${loads}`
}

/** @see openstack/nova, [DEFAULT] cpu_allocation_ratio, once 16 */
const vcpusPerProcessor = 16

/** What a host can hold. */
export function capacityOf({ processors, memory, disk }: HostState): Capacity {
  return {
    vcpus: processors * vcpusPerProcessor,
    memory_mb: Math.floor(memory / mebibyte),
    disk_gb: Math.floor(disk / gibibyte),
  }
}

/** Looks at the host. @param directory on the disk where machines are kept */
export function readHostState(directory: string): HostState {
  const { blocks, bsize } = statfsSync(directory)
  return {
    cpu: cpuInfoOf(readFileSync('/proc/cpuinfo', 'utf8'), process.arch),
    processors: availableParallelism(),
    memory: totalmem(),
    disk: blocks * bsize,
    uptime: uptime(),
    loadAverage: loadavg(),
  }
}
