// A volume of a server is larger now, as Cinder has told: the machine is shown it.
import { deviceEnding } from './device-ending.ts'
import { forgetOrLeave } from './forget.ts'
import type { Operation } from './operation.ts'
import { hostOf } from './server-host.ts'

export interface ExtendVolumeInput {
  volumeId: string
}

interface Facts {
  host?: string
}

const ending = deviceEnding<ExtendVolumeInput, Facts>('compute_extend_volume')
const gibibyte = 2 ** 30

/** @see openstack/nova nova/compute/manager.py, extend_volume */
export const extendVolume: Operation<ExtendVolumeInput, Facts> = {
  kind: 'extend-volume',
  event: 'compute_extend_volume',
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
    ...ending.steps,
  ],
  reset: ending.reset,
}
