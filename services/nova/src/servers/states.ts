// The states of a server, as Nova keeps and shows them.
//
//   building --create-server--> active <--what its host reports (syncPowerStates)--> stopped
//      |                          |                                                    |
//      '-- create-server          '----------------- delete-server -------------------'--> deleted
//          fails --> error --------------------------- delete-server ------------------^
//
// task_state while create-image runs (the arrows are steps of operations/create-image.ts):
//   image_snapshot_pending --start-snapshot--> image_snapshot --pending-upload--> image_pending_upload
//     --uploading--> image_uploading --finish--> null

/** @see openstack/nova nova/compute/vm_states.py */
export const vmStates = ['building', 'active', 'stopped', 'paused', 'suspended', 'error', 'deleted'] as const
export type VmState = (typeof vmStates)[number]

/** @see openstack/nova nova/compute/task_states.py */
export type TaskState =
  | 'scheduling'
  | 'spawning'
  | 'image_snapshot_pending'
  | 'image_snapshot'
  | 'image_pending_upload'
  | 'image_uploading'
  | 'deleting'

/** Numbers of the API. @see openstack/nova nova/compute/power_state.py */
export const powerStates = { nostate: 0, running: 1, paused: 3, shutdown: 4, crashed: 6 } as const

const statuses: Record<VmState, string> = {
  building: 'BUILD',
  active: 'ACTIVE',
  stopped: 'SHUTOFF',
  paused: 'PAUSED',
  suspended: 'SUSPENDED',
  error: 'ERROR',
  deleted: 'DELETED',
}

/**
 * The status that users see. None of the task states above changes it.
 *
 * @see openstack/nova nova/api/openstack/common.py, status_from_state
 */
export function statusOf(vmState: string): string {
  return statuses[vmState as VmState] ?? 'UNKNOWN'
}

/** The vm_states that show as a status; none for a status that does not exist. */
export function vmStatesOf(status: string): VmState[] {
  return vmStates.filter((state) => statuses[state] === status.toUpperCase())
}

/** States in which an image can be made of a server, if no task runs. */
export const snapshotStates: ReadonlySet<string> = new Set(['active', 'stopped', 'paused', 'suspended'])

/** What a host says of a guest, as the API's number. A guest that is not there is shut down. */
export function powerStateOf(reported: string): number {
  if (reported === 'absent') return powerStates.shutdown
  return powerStates[reported as keyof typeof powerStates] ?? powerStates.nostate
}

/**
 * The vm_state that follows from what the host says of a guest that should be as `vmState` says; undefined: unchanged. A
 * crashed or vanished guest counts as stopped.
 *
 * @see openstack/nova nova/compute/manager.py, _sync_instance_power_state
 */
export function vmStateFor(vmState: string, reported: string): VmState | undefined {
  const down = reported === 'shutdown' || reported === 'crashed' || reported === 'absent'
  if (down && (vmState === 'active' || vmState === 'paused')) return 'stopped'
  if (reported === 'running' && (vmState === 'stopped' || vmState === 'paused')) return 'active'
  if (reported === 'paused' && vmState === 'active') return 'paused'
  return undefined
}
