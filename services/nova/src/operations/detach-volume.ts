// A volume leaves a server: nova-api has marked it as `detaching` in Cinder.
import { NotFound } from '@longhaul/keystoneauth'
import { TerminalError } from './failure.ts'
import { forgetOrLeave } from './forget.ts'
import { attachToGuest, detachFromGuest } from './guest-volume.ts'
import type { Operation, Run } from './operation.ts'
import { dropAttachment } from './volumes-of-servers.ts'

export interface DetachVolumeInput {
  volumeId: string
  attachmentId: string
}

interface Facts {
  host?: string
}

const event = 'compute_detach_volume'

/** @see openstack/nova nova/compute/manager.py, detach_volume; nova/virt/block_device.py, detach */
export const detachVolume: Operation<DetachVolumeInput, Facts> = {
  kind: 'detach-volume',
  event,
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
    { name: 'forget', uninterruptible: true, do: (run, { host }) => forgetOrLeave(run, host!) },
    {
      name: 'finish',
      uninterruptible: true,
      do: (run) =>
        run.store.finish(run.operation, {
          event,
          changes: {},
          also: (trx) => dropAttachment(trx, run.input.attachmentId),
        }),
    },
  ],
  reset: {
    name: 'reset',
    do: (run, _facts, failure) => run.store.finish(run.operation, { event, changes: {}, failure }),
  },
}

function jobOf(run: Run<DetachVolumeInput>, step: string) {
  return { step, server: run.operation.serverId, volume: run.input.volumeId }
}

async function hostOf(run: Run<DetachVolumeInput>): Promise<string> {
  const { host } = await run.store.server(run.operation.serverId)
  if (host === null) throw new TerminalError('host_missing', 'the server is on no host')
  return host
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
