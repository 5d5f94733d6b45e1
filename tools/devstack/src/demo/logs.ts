import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hostsOf } from '../compute-hosts.ts'
import type { Cloud } from '../up.ts'
import type { ServiceLog } from './calls.ts'

/** Log files are read this long after the last answer; a line is written after its answer. */
export const logDelayMilliseconds = 300

/** The logs of all who are called by others. */
export function logsOf(options: { cloud: Cloud; shortIdentity: { name: string } }): ServiceLog[] {
  const { cloud, shortIdentity } = options
  const agents = hostsOf(cloud.record).map(({ service }) => service)
  const names = [
    'keystone',
    shortIdentity.name,
    'glance-api',
    'cinder-api',
    'neutron-server',
    'nova-api',
    ...agents,
  ]
  return names.map((service) => ({ service, text: logOf(cloud, service) }))
}

/** Empty when there is none. */
function logOf(cloud: Cloud, service: string): string {
  const file = join(cloud.state.log, `${service}.log`)
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}
