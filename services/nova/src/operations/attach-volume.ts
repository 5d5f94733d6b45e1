// A volume for a server: Cinder's attachment was made by nova-api and has no host as yet.
import { TerminalError } from './failure.ts'
import { deviceEnding, undoForget } from './device-ending.ts'
import { connectorOf } from './connector.ts'
import { attachToGuest, detachFromGuest } from './guest-volume.ts'
import type { Operation, Run } from './operation.ts'
import { hostOf } from './server-host.ts'

export interface AttachVolumeInput {
  volumeId: string
  attachmentId: string
}

interface Facts {
  host?: string
}

const ending = deviceEnding<AttachVolumeInput, Facts>('compute_attach_volume')

/** @see openstack/nova nova/compute/manager.py, attach_volume; nova/virt/block_device.py, _volume_attach */
export const attachVolume: Operation<AttachVolumeInput, Facts> = {
  kind: 'attach-volume',
  event: 'compute_attach_volume',
  steps: [
    {
      name: 'connect',
      async do(run) {
        const host = await hostOf(run)
        const connector = connectorOf(await run.store.hostRecord(host), await deviceOf(run))
        await run.volumesOfUser().connect(run.input.attachmentId, connector)
        return { host }
      },
      undo: [
        {
          name: 'disconnect',
          do: disconnect,
          leftover: (run, { host }) => ({
            kind: 'volume-attachment',
            id: run.input.attachmentId,
            ...(host === undefined ? {} : { host }),
          }),
        },
        undoForget,
      ],
    },
    {
      name: 'attach',
      async do(run, { host }) {
        const attachment = await run.volumesOfUser().attachment(run.input.attachmentId)
        const what = { step: 'attach', server: run.operation.serverId, volume: run.input.volumeId }
        await attachToGuest(await run.agent(host!), what, attachment, run.checkWish)
      },
    },
    { name: 'complete', do: (run) => run.volumesOfUser().complete(run.input.attachmentId) },
    ...ending.steps,
  ],
  reset: ending.reset,
}

async function deviceOf({ store, operation, input }: Run<AttachVolumeInput>): Promise<string> {
  const volumes = await store.volumes(operation.serverId)
  const found = volumes.find(({ attachmentId }) => attachmentId === input.attachmentId)
  if (!found) throw new TerminalError('volume_not_attached', 'the volume is not one of the server any more')
  return found.deviceName
}

/** The machine lets go first: whoever gets the volume next must be alone with it. */
async function disconnect(run: Run<AttachVolumeInput>, { host }: Facts): Promise<void> {
  const { volumeId: volume, attachmentId } = run.input
  if (host !== undefined) {
    const what = { step: 'disconnect', server: run.operation.serverId, volume }
    await detachFromGuest(await run.agent(host), what)
  }
  await (run.volumesOfNova() ?? run.volumesOfUser()).deleteAttachment(attachmentId)
  await run.store.dropAttachment(attachmentId)
}
