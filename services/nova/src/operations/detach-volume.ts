// A volume leaves a server: nova-api has marked it as `detaching` in Cinder.
import { NotFound } from '@longhaul/keystoneauth'
import { deviceEnding } from './device-ending.ts'
import { forgetOrLeave } from './forget.ts'
import { attachToGuest, detachFromGuest } from './guest-volume.ts'
import type { Operation, Run } from './operation.ts'
import { hostOf } from './server-host.ts'
import { dropAttachment } from './volumes-of-servers.ts'

export interface DetachVolumeInput {
  volumeId: string
  attachmentId: string
}

interface Facts {
  host?: string
}

const ending = deviceEnding<DetachVolumeInput, Facts>('compute_detach_volume', (trx, { attachmentId }) =>
  dropAttachment(trx, attachmentId),
)

/** @see openstack/nova nova/compute/manager.py, detach_volume; nova/virt/block_device.py, detach */
export const detachVolume: Operation<DetachVolumeInput, Facts> = {
  kind: 'detach-volume',
  event: 'compute_detach_volume',
  steps: [
    {
      name: 'detach',
      async do(run) {
        const host = await hostOf(run)
        await detachFromGuest(await run.agent(host), jobOf(run, 'detach'), run.checkWish)
        return { host }
      },
      undo: [
        { name: 'reattach', do: reattach },
        {
          name: 'roll-detaching',
          do: (run) => volumesOf(run).rollDetaching(run.input.volumeId),
          leftover: (run) => ({ kind: 'volume-detaching', id: run.input.volumeId }),
        },
        { name: 'forget', do: async (run) => forgetOrLeave(run, await hostOf(run)) },
      ],
    },
    {
      // Cinder refuses it without a service token, whoever asks; the machine gets the volume back then.
      name: 'delete-attachment',
      uninterruptible: true,
      do: (run) => run.volumesOfUser().deleteAttachment(run.input.attachmentId),
    },
    ...ending.steps,
  ],
  reset: ending.reset,
}

function jobOf(run: Run<DetachVolumeInput>, step: string) {
  return { step, server: run.operation.serverId, volume: run.input.volumeId }
}

/** As the one who can undo. */
function volumesOf(run: Run<DetachVolumeInput>) {
  return run.volumesOfNova() ?? run.volumesOfUser()
}

/** As it was: the attachment is still there. If it is not, the volume does not belong to the server any more. */
async function reattach(run: Run<DetachVolumeInput>): Promise<void> {
  const { attachmentId } = run.input
  try {
    const attachment = await volumesOf(run).attachment(attachmentId)
    await attachToGuest(await run.agent(await hostOf(run)), jobOf(run, 'reattach'), attachment)
  } catch (error) {
    if (!(error instanceof NotFound)) throw error
    await run.store.dropAttachment(attachmentId)
  }
}
