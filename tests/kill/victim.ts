import type { ComputeHost } from '../../tools/devstack/src/compute-hosts.ts'
import type { MovingServer } from './moving-server.ts'

/** Where the server was when the operation began, and where it may go. */
export interface Hosts {
  source: ComputeHost
  destination: ComputeHost
}

/**
 * Sends SIGKILL to a process of the cloud.
 *
 * @param victim a service, or as the tables call it @returns the process
 */
export function killVictim(server: MovingServer, victim: string, { source, destination }: Hosts): number {
  const { cloud } = server
  const found: Record<string, () => number | undefined> = {
    conductor: () => cloud.points.executor(),
    'conductor for good': () => cloud.points.executor(),
    source: () => cloud.pidOf(source.service),
    destination: () => cloud.pidOf(destination.service),
    'storage daemon': () => server.storageDaemons()[0],
    guest: () => server.guests(source)[0],
    arriving: () => server.guests(destination)[0],
  }
  const pid = (found[victim] ?? (() => cloud.pidOf(victim)))()
  if (pid === undefined) throw new Error(`no process of ${victim}`)
  process.kill(pid, 'SIGKILL')
  return pid
}
