import { join } from 'node:path'
import { hostDirectory, hostsOf, type ComputeHost } from '../compute-hosts.ts'
import { DevstackError } from '../errors.ts'
import type { Cloud } from '../up.ts'
import type { CloudClient } from './compute.ts'

/** The host where nova says that a server is. @throws DevstackError `server_error` */
export async function hostOf(cloud: Cloud, admin: CloudClient, serverId: string): Promise<ComputeHost> {
  const name = await admin.host(serverId)
  const found = hostsOf(cloud.record).find(({ host }) => host === name)
  if (found) return found
  throw new DevstackError('server_error', `nova says that the server is on ${String(name)}`)
}

/** The file with what a host has of a machine's console. */
export function consoleFile(cloud: Cloud, host: ComputeHost, serverId: string): string {
  return join(hostDirectory(cloud.state, host), 'instances', serverId, 'console.log')
}
