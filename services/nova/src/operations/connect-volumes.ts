import type { Volume } from '../devices-protocol.ts'
import { connectorOf } from './connector.ts'
import { failureOf, StaleAttempt } from './failure.ts'
import { connectedVolume } from './guest-volume.ts'
import type { Run } from './operation.ts'

/** A volume that a new server is to have. */
export interface WantedVolume {
  /** Of its row. */
  uuid: string
  volumeId: string
  /** As the machine's system may call it. */
  deviceName: string
}

/**
 * Connects the volumes of a new server to its host, as the user. What an earlier try has made of it makes way: no machine has
 * used it yet.
 *
 * @see openstack/nova nova/virt/block_device.py, _volume_attach
 */
export async function connectVolumes(
  run: Run<unknown>,
  wanted: readonly WantedVolume[],
  host: string,
): Promise<void> {
  const record = await run.store.hostRecord(host)
  const { serverId } = run.operation
  const cinder = run.volumesOfUser()
  for (const { uuid, volumeId, deviceName } of wanted) {
    for (const { id } of await cinder.attachments(volumeId, serverId)) {
      // An execution that has taken over may have made it.
      await run.store.wish(run.operation)
      await cinder.deleteAttachment(id)
    }
    await run.store.wish(run.operation)
    const { id } = await cinder.createAttachment(volumeId, serverId, connectorOf(record, deviceName))
    try {
      await run.store.setAttachment(run.operation, uuid, id)
    } catch (error) {
      if (error instanceof StaleAttempt) await cinder.deleteAttachment(id)
      throw error
    }
  }
}

/** The volumes of a new server as its host is told of them. @throws TerminalError `volume_not_connected` */
export async function connectedVolumes(run: Run<unknown>): Promise<Volume[]> {
  const connected: Volume[] = []
  for (const { volumeId, attachmentId } of await run.store.volumes(run.operation.serverId)) {
    connected.push(connectedVolume(volumeId, await run.volumesOfUser().attachment(attachmentId)))
  }
  return connected
}

/** Gives the volumes back of a server that could not be built. What Cinder refuses is listed and retried. */
export async function giveVolumesBack(run: Run<unknown>, wanted: readonly WantedVolume[]): Promise<void> {
  for (const { uuid, volumeId } of wanted) {
    try {
      const cinder = run.volumesOfNova() ?? run.volumesOfUser()
      const made = await cinder.attachments(volumeId, run.operation.serverId)
      for (const { id } of made) await cinder.deleteAttachment(id)
      await run.store.dropMapping(uuid)
    } catch (error) {
      const left = { kind: 'volume-reservation', id: uuid } as const
      const reason = failureOf(error).message
      run.log({ ...left, reason }, 'not given back, will be tried again')
      await run.store.leave(run.operation, left, reason)
    }
  }
}
