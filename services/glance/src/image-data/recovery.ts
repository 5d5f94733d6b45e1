import type { Logger } from '@longhaul/oslo/log'
import type { FileStore } from './file-store.ts'

/** The rows of images, as recovery needs them. */
export interface RecoveryRecords {
  /** Puts every image in `saving` back to `queued`. @returns how many */
  abandonAll(): Promise<number>
  /** The status of each image that exists or existed. */
  statuses(ids: readonly string[]): Promise<Map<string, string>>
}

/**
 * Repairs what a crash left: images in `saving` are queued again, files of uploads that did not end and of images that
 * have no data are removed. Runs before the process listens, and only one process may serve a directory: uploads of
 * another one would be taken for dead. A file whose image the database does not know is left alone and logged.
 */
export async function recover(records: RecoveryRecords, files: FileStore, logger: Logger): Promise<void> {
  const requeued = await records.abandonAll()
  const { images, partials } = await files.list()
  for (const name of partials) await files.removePartial(name)
  const statuses = await records.statuses(images)
  let removed = 0
  for (const id of images) {
    const status = statuses.get(id)
    if (status === 'active' || status === 'deactivated') continue
    if (status === undefined) {
      logger.warn({ image: id }, 'a file of an image that the database does not know')
      continue
    }
    await files.remove(id)
    removed++
  }
  if (requeued + partials.length + removed > 0) {
    logger.warn(
      { requeued, partial_files: partials.length, files: removed },
      'recovered from an interrupted run',
    )
  }
}
