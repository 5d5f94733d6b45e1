// Operations that change whether a server's machine runs. They differ in a row of a table only.
import type { JobKind, JobParams } from '../jobs-protocol.ts'
import { powerStates, type VmState } from '../servers/states.ts'
import { forgetOrLeave } from './forget.ts'
import { stateOfGuest } from './guest-state.ts'
import type { Operation } from './operation.ts'
import { hostOf } from './server-host.ts'
import type { OperationKind } from './running-operation.ts'

/** Jobs of a host that one of these operations is made of. */
export type PowerJob = Extract<
  JobKind,
  'start' | 'stop' | 'reboot' | 'pause' | 'unpause' | 'suspend' | 'resume'
>

/** `type` is that of a reboot. */
export interface PowerInput {
  type?: 'SOFT' | 'HARD'
}

interface Facts {
  host?: string
}

export interface PowerSettings {
  /** Seconds that a machine's system has to power itself off, before it is ended. */
  shutdownTimeout: () => number
}

interface Row {
  kind: OperationKind
  /** Nova's name of the event. @see openstack/nova nova/compute/manager.py */
  event: string
  job: PowerJob
  /** The literal name of the step that asks the host. */
  step: string
  end: { vm_state: VmState; power_state: number }
}

const running = { vm_state: 'active', power_state: powerStates.running } as const
const off = powerStates.shutdown

const rows: readonly Row[] = [
  { kind: 'start-server', event: 'compute_start_instance', job: 'start', step: 'power-on', end: running },
  {
    kind: 'stop-server',
    event: 'compute_stop_instance',
    job: 'stop',
    step: 'power-off',
    end: { vm_state: 'stopped', power_state: off },
  },
  { kind: 'reboot-server', event: 'compute_reboot_instance', job: 'reboot', step: 'reboot', end: running },
  {
    kind: 'pause-server',
    event: 'compute_pause_instance',
    job: 'pause',
    step: 'pause',
    end: { vm_state: 'paused', power_state: powerStates.paused },
  },
  {
    kind: 'unpause-server',
    event: 'compute_unpause_instance',
    job: 'unpause',
    step: 'unpause',
    end: running,
  },
  {
    kind: 'suspend-server',
    event: 'compute_suspend_instance',
    job: 'suspend',
    step: 'suspend',
    end: { vm_state: 'suspended', power_state: off },
  },
  { kind: 'resume-server', event: 'compute_resume_instance', job: 'resume', step: 'resume', end: running },
]

/** One operation for each row. */
export function powerOperations(settings: PowerSettings): Operation<PowerInput, Facts>[] {
  return rows.map((row) => operationOf(row, settings))
}

function operationOf(row: Row, settings: PowerSettings): Operation<PowerInput, Facts> {
  const { kind, event, job, step, end } = row
  return {
    kind,
    event,
    steps: [
      {
        name: step,
        async do(run) {
          const host = await hostOf(run)
          const agent = await run.agent(host)
          const params = paramsOf(job, run.input, settings)
          await agent.job({ step, kind: job, server: run.operation.serverId, params }, run.checkWish)
          return { host }
        },
      },
      { name: 'forget', uninterruptible: true, do: (run, { host }) => forgetOrLeave(run, host!) },
      {
        name: 'finish',
        uninterruptible: true,
        do: (run) => run.store.finish(run.operation, { event, changes: end }),
      },
    ],
    reset: {
      name: 'reset',
      async do(run, _facts, failure) {
        const { host } = await run.store.server(run.operation.serverId)
        if (host !== null) await forgetOrLeave(run, host)
        const changes = host === null ? {} : await stateOfGuest(run, host)
        await run.store.finish(run.operation, { event, changes, failure })
      },
    },
  }
}

function paramsOf(job: PowerJob, input: PowerInput, settings: PowerSettings): JobParams[PowerJob] {
  if (job !== 'stop' && job !== 'reboot') return {}
  const timeout = { shutdown_timeout: settings.shutdownTimeout() }
  return job === 'stop' ? timeout : { ...timeout, type: input.type ?? 'SOFT' }
}
