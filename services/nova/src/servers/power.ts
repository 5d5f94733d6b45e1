import type { RequestContext } from '@longhaul/oslo/context'
import type { OperationKind } from '../operations/running-operation.ts'
import type { PowerInput } from '../operations/power.ts'
import { beginOperation } from '../operations/begin.ts'
import { serverMissing, stateForbids } from '../server-faults.ts'
import { askedBy } from '../operations/start.ts'
import type { ServersOptions } from './options.ts'
import type { ServerRow } from './server.ts'
import type { TaskState, VmState } from './states.ts'

/** An action that changes whether a server's machine runs. */
export interface PowerAction {
  /** Name of the rule. */
  rule: string
  kind: OperationKind
  /** Nova's name of the instance action, which its sentences use too. */
  action: string
  from: readonly VmState[]
  taskState: TaskState
  input?: PowerInput
}

/**
 * By the key of the body; a reboot has a row for each of its types.
 *
 * @see openstack/nova nova/compute/api.py: start, stop, reboot, pause, unpause, suspend, resume
 */
export const powerActions = {
  'os-start': {
    rule: 'os_compute_api:servers:start',
    kind: 'start-server',
    action: 'start',
    from: ['stopped'],
    taskState: 'powering-on',
  },
  'os-stop': {
    rule: 'os_compute_api:servers:stop',
    kind: 'stop-server',
    action: 'stop',
    from: ['active', 'error'],
    taskState: 'powering-off',
  },
  pause: {
    rule: 'os_compute_api:os-pause-server:pause',
    kind: 'pause-server',
    action: 'pause',
    from: ['active'],
    taskState: 'pausing',
  },
  unpause: {
    rule: 'os_compute_api:os-pause-server:unpause',
    kind: 'unpause-server',
    action: 'unpause',
    from: ['paused'],
    taskState: 'unpausing',
  },
  suspend: {
    rule: 'os_compute_api:os-suspend-server:suspend',
    kind: 'suspend-server',
    action: 'suspend',
    from: ['active'],
    taskState: 'suspending',
  },
  resume: {
    rule: 'os_compute_api:os-suspend-server:resume',
    kind: 'resume-server',
    action: 'resume',
    from: ['suspended'],
    taskState: 'resuming',
  },
} as const satisfies Record<string, PowerAction>

const reboot = { rule: 'os_compute_api:servers:reboot', kind: 'reboot-server', action: 'reboot' } as const

export const rebootActions = {
  SOFT: { ...reboot, from: ['active'], taskState: 'rebooting', input: { type: 'SOFT' } },
  HARD: {
    ...reboot,
    from: ['active', 'stopped', 'paused', 'suspended', 'error'],
    taskState: 'rebooting_hard',
    input: { type: 'HARD' },
  },
} as const satisfies Record<'SOFT' | 'HARD', PowerAction>

/**
 * Begins to change whether a server's machine runs.
 *
 * @throws ApiError 409 for a server that is busy or in another state than the action begins from; 404
 */
export async function changePower(
  { store, queue, randomUUID, now }: ServersOptions,
  context: RequestContext,
  server: ServerRow,
  wanted: PowerAction,
): Promise<void> {
  const { kind, action, from: vmStates, taskState, input = {} } = wanted
  const operation = { id: randomUUID(), kind, serverId: server.id, context: null, input, action }
  const taken = await store.transaction((trx) =>
    beginOperation(
      trx,
      { ...operation, askedBy: askedBy(context) },
      { taskState, vmStates },
      { queue, now: now() },
    ),
  )
  if (taken) return
  const present = await store.find(server.id)
  throw present ? stateForbids(present, action) : serverMissing(server.id)
}
