import type { Target } from '../api/guard.ts'

/** A network as the rules of its ports look at it. */
export interface TargetNetwork {
  project_id: string
  shared: boolean
}

/** What rules look at. */
export function portTarget(
  port: { project_id: string; device_owner: string },
  network: TargetNetwork | undefined,
): Target {
  return {
    project_id: port.project_id,
    'network:project_id': network?.project_id,
    shared: network?.shared ?? false,
    network_device: port.device_owner.startsWith('network:'),
  }
}
