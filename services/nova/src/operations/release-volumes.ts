import { isForGood } from '../is-refusal.ts'
import { failureOf } from './failure.ts'
import type { Run, Volumes } from './operation.ts'
import type { LeftoverKind } from './running-operation.ts'
import type { VolumeOfServer } from './volumes-of-servers.ts'

/**
 * Gives up the volumes of a server whose machine is gone, and deletes those that are to go with it, as the user who asked. What
 * Cinder refuses is listed and retried as nova itself; the server does not wait for it. A volume that is free and all the same
 * not to be deleted, such as one with snapshots, is its user's again: nova never deletes it later.
 */
export async function releaseVolumes(run: Run<unknown>, volumes: readonly VolumeOfServer[]): Promise<void> {
  for (const { volumeId, attachmentId, deleteOnTermination } of volumes) {
    const attachment = { kind: 'volume-attachment', id: attachmentId } as const
    const refusal = await orLeave(run, attachment, (cinder) => cinder.deleteAttachment(attachmentId))
    await run.store.dropAttachment(attachmentId)
    if (!deleteOnTermination) continue
    const mayBeKept = refusal === undefined
    await orLeave(run, { kind: 'volume', id: volumeId, mayBeKept }, (cinder) => cinder.delete(volumeId))
  }
}

/** @returns what hindered it */
async function orLeave(
  run: Run<unknown>,
  { kind, id, mayBeKept = false }: { kind: LeftoverKind; id: string; mayBeKept?: boolean },
  work: (cinder: Volumes) => Promise<void>,
): Promise<unknown> {
  try {
    await work(run.volumesOfUser())
    return undefined
  } catch (error) {
    const reason = failureOf(error).message
    if (mayBeKept && isForGood(error)) {
      run.log({ kind, id, reason }, 'not deleted, it stays with its user')
      return error
    }
    run.log({ kind, id, reason }, 'not released, will be tried again')
    await run.store.leave(run.operation, { kind, id }, reason)
    return error
  }
}
