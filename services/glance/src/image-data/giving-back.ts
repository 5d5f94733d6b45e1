import type { Logger } from '@longhaul/oslo/log'
import type { FileStore, Upload } from './file-store.ts'
import type { DataRecords, DataState } from './records.ts'

/** What is needed to write data and to undo it. */
export interface DataPlaces {
  records: DataRecords
  /** Where the data of images lies. */
  store: FileStore
  /** Where data waits for its import. */
  staging: FileStore
  logger: Logger
}

/**
 * Queues the image of an upload again and removes what was written, unless the database has taken the data after all: then
 * its answer was lost. The database comes first, for a change that was on its way to it may still take effect; files that
 * a crash leaves behind are removed at the next start. If the database does not answer, recovery does it later.
 *
 * @param reason for the task of an import
 * @returns the state that was found, undefined if the database does not answer
 */
export async function giveBack(
  places: DataPlaces,
  upload: Upload,
  reason: string,
): Promise<DataState | undefined> {
  const { records, store, staging, logger } = places
  try {
    const given = await records.abandon(upload, reason)
    const state = await records.state(upload.imageId)
    if (isTaken(state, upload)) return state
    await store.removeUpload(upload)
    for (const uploadId of [upload.uploadId, given?.stagedId]) {
      if (uploadId) await staging.removeUpload({ imageId: upload.imageId, uploadId })
    }
    return state
  } catch (error) {
    logger.error({ err: error, image: upload.imageId }, 'image not given back after a failure, trying again')
    return undefined
  }
}

/** Whether the database says that the upload's data is the image's, or is staged. */
export function isTaken(state: DataState | undefined, { uploadId }: Upload): boolean {
  return state?.dataId === uploadId || state?.stagedId === uploadId
}

/** Removes all files of an image that is deleted. In this order: a file that is published meanwhile is removed after. */
export async function removeFiles({ records, store, staging }: DataPlaces, imageId: string): Promise<void> {
  const { uploadId, dataId, stagedId } = (await records.state(imageId)) ?? {}
  for (const id of [uploadId, dataId, stagedId]) {
    if (!id) continue
    await store.removeUpload({ imageId, uploadId: id })
    await staging.removeUpload({ imageId, uploadId: id })
  }
  await store.remove(imageId)
}
