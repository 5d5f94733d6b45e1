import { failureOf } from './failure.ts'
import type { Run, Volumes } from './operation.ts'
import type { LeftoverKind } from './running-operation.ts'
import type { VolumeOfServer } from './volumes-of-servers.ts'

/**
 * Gives up the volumes of a server whose machine is gone, and deletes those that are to go with it, as the user who asked. What
 * Cinder refuses is listed and retried as nova itself; the server does not wait for it.
 */
export async function releaseVolumes(run: Run<unknown>, volumes: readonly VolumeOfServer[]): Promise<void> {
  for (const { volumeId, attachmentId, deleteOnTermination } of volumes) {
    await orLeave(run, 'volume-attachment', attachmentId, (cinder) => cinder.deleteAttachment(attachmentId))
    await run.store.dropAttachment(attachmentId)
    if (deleteOnTermination) await orLeave(run, 'volume', volumeId, (cinder) => cinder.delete(volumeId))
  }
}

async function orLeave(
  run: Run<unknown>,
  kind: LeftoverKind,
  id: string,
  work: (cinder: Volumes) => Promise<void>,
): Promise<void> {
  try {
    await work(run.volumesOfUser())
  } catch (error) {
    const reason = failureOf(error).message
    run.log({ kind, id, reason }, 'not released, will be tried again')
    await run.store.leave(run.operation, { kind, id }, reason)
  }
}
