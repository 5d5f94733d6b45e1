import { join } from 'node:path'
import type { CloudRecord } from './cloud-record.ts'
import type { Ports } from './ports.ts'
import type { StateDirectory } from './state-directory.ts'

/** A host for machines: an agent with files of its own. */
export interface ComputeHost {
  /** Its name in nova. */
  host: string
  /** Name of its agent among the services. */
  service: string
  port: keyof Ports
}

/** All that a cloud can have; the first one is always there. */
const computeHosts = [
  { host: 'compute1', service: 'nova-compute', port: 'novaCompute' },
  { host: 'compute2', service: 'nova-compute2', port: 'novaCompute2' },
] as const satisfies readonly ComputeHost[]

export const hostsAtMost = computeHosts.length
export const firstHost = computeHosts[0].host
/** Names of the agents of every possible host. */
export const agentNames: readonly string[] = computeHosts.map(({ service }) => service)

/** Those of a cloud. */
export function hostsOf(record: CloudRecord): readonly ComputeHost[] {
  return computeHosts.slice(0, record.hosts ?? 1)
}

/** Directory with the machines of a host. */
export function hostDirectory(state: StateDirectory, { service }: { service: string }): string {
  return join(state.data, service)
}
