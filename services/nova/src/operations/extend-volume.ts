// A volume of a server is larger now, as Cinder has told: the machine is shown it.
import { forgetOrLeave } from './forget.ts'
import { TerminalError } from './failure.ts'
import type { Operation, Run } from './operation.ts'

export interface ExtendVolumeInput {
  volumeId: string
}

interface Facts {
  host?: string
}

const event = 'compute_extend_volume'
const gibibyte = 2 ** 30

/** @see openstack/nova nova/compute/manager.py, extend_volume */
export const extendVolume: Operation<ExtendVolumeInput, Facts> = {
  kind: 'extend-volume',
  event,
  steps: [
    {
      name: 'extend',
      async do(run) {
        const host = await hostOf(run)
        const { volumeId: volume } = run.input
        // Whoever told it may not see the volume.
        const { size } = await (run.volumesOfNova() ?? run.volumesOfUser()).get(volume)
        const params = { volume, size: size * gibibyte }
        const job = { step: 'extend', kind: 'extend_volume', server: run.operation.serverId, params } as const
        await (await run.agent(host)).job(job, run.checkWish)
        return { host }
      },
      undo: [{ name: 'forget', do: async (run) => forgetOrLeave(run, await hostOf(run)) }],
    },
    { name: 'forget', uninterruptible: true, do: (run, { host }) => forgetOrLeave(run, host!) },
    {
      name: 'finish',
      uninterruptible: true,
      do: (run) => run.store.finish(run.operation, { event, changes: {} }),
    },
  ],
  reset: {
    name: 'reset',
    do: (run, _facts, failure) => run.store.finish(run.operation, { event, changes: {}, failure }),
  },
}

async function hostOf(run: Run<ExtendVolumeInput>): Promise<string> {
  const { host } = await run.store.server(run.operation.serverId)
  if (host === null) throw new TerminalError('host_missing', 'the server is on no host')
  return host
}
