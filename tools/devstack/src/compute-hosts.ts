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
  /** Its switch: the name among the services, where it answers to probes, and where other switches reach it. */
  switch: { service: string; port: keyof Ports; link: keyof Ports }
}

/** All that a cloud can have; the first one is always there. */
const computeHosts = [
  {
    host: 'compute1',
    service: 'nova-compute',
    port: 'novaCompute',
    switch: { service: 'neutron-l2-agent', port: 'l2Agent', link: 'l2Link' },
  },
  {
    host: 'compute2',
    service: 'nova-compute2',
    port: 'novaCompute2',
    switch: { service: 'neutron-l2-agent2', port: 'l2Agent2', link: 'l2Link2' },
  },
  {
    host: 'compute3',
    service: 'nova-compute3',
    port: 'novaCompute3',
    switch: { service: 'neutron-l2-agent3', port: 'l2Agent3', link: 'l2Link3' },
  },
] as const satisfies readonly ComputeHost[]

export const hostsAtMost = computeHosts.length
export const hostNames: readonly string[] = computeHosts.map(({ host }) => host)
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
