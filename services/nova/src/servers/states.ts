// The states of a server, as Nova keeps and shows them.
//
//   building --create-server--> active <--what its host reports (syncPowerStates)--> stopped
//      |                          |                                                    |
//      '-- create-server          '----------------- delete-server -------------------'--> deleted
//          fails --> error --------------------------- delete-server ------------------^
//
// Between active, stopped, paused and suspended go the operations of operations/power.ts; servers/power.ts has the
// states that each may begin from and its task_state.
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
  | 'powering-on'
  | 'powering-off'
  | 'rebooting'
  | 'rebooting_hard'
  | 'pausing'
  | 'unpausing'
  | 'suspending'
  | 'resuming'
  | 'spawning'
  | 'image_snapshot_pending'
  | 'image_snapshot'
  | 'image_pending_upload'
  | 'image_uploading'
  | 'migrating'
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

/** Statuses of an active server that a task shows as. */
const taskStatuses: Partial<Record<TaskState, string>> = {
  rebooting: 'REBOOT',
  rebooting_hard: 'HARD_REBOOT',
  migrating: 'MIGRATING',
}

/**
 * The status that users see.
 *
 * @see openstack/nova nova/api/openstack/common.py, status_from_state
 */
export function statusOf(vmState: string, taskState: string | null): string {
  const alive = vmState === 'active' || (vmState === 'paused' && taskState === 'migrating')
  const shown = alive ? taskStatuses[taskState as TaskState] : undefined
  return shown ?? statuses[vmState as VmState] ?? 'UNKNOWN'
}

/**
 * The states that are looked for by a status; undefined for one that does not exist. That of a task is looked for by
 * it, and a server is found by its own while a task runs, as in Nova.
 */
export function statesOf(status: string): { vmState: VmState; taskState?: TaskState } | undefined {
  const upper = status.toUpperCase()
  const task = Object.entries(taskStatuses).find(([, shown]) => shown === upper)
  if (task) return { vmState: 'active', taskState: task[0] as TaskState }
  const vmState = vmStates.find((state) => statuses[state] === upper)
  return vmState && { vmState }
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
