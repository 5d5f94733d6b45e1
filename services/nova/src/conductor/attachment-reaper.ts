import type { Kysely, Transaction } from 'kysely'
import type { Logger } from '@longhaul/oslo/log'
import type { Attachment } from '../cinder.ts'
import type { NovaTables } from '../db/tables.ts'
import { lockRestingServer } from '../operations/resting-server.ts'

export interface AttachmentReaperOptions {
  db: Kysely<NovaTables>
  /** Volumes as nova itself; undefined without credentials for it. */
  volumes:
    | { allAttachments(): Promise<Attachment[]>; deleteAttachment(id: string): Promise<void> }
    | undefined
  logger: Logger
}

/**
 * Finds what Cinder keeps for servers of ours that do not have it: what other releases or repairs by hand have left. An
 * attachment goes when two rounds have found it and nothing is being done with its server. Servers that nova does not know
 * are somebody else's.
 */
export class AttachmentReaper {
  readonly #options: AttachmentReaperOptions
  /** Ids that the last round found. */
  #suspects: ReadonlySet<string> = new Set()

  constructor(options: AttachmentReaperOptions) {
    this.#options = options
  }

  /** One round. @throws what Cinder throws when it is asked for its list */
  async round(): Promise<void> {
    const { db, volumes, logger } = this.#options
    if (!volumes) return
    const found = new Set<string>()
    for (const attachment of await volumes.allAttachments()) {
      const { id, instance: server, volume_id: volume } = attachment
      const about = { attachment: id, server, volume }
      try {
        await db.transaction().execute(async (trx) => {
          if (!(await isStray(trx, attachment))) return
          found.add(id)
          if (!this.#suspects.has(id)) return
          // Nothing can begin on the server meanwhile: its row is locked.
          await volumes.deleteAttachment(id)
          logger.warn(about, 'attachment without a mapping deleted')
        })
      } catch (error) {
        // The others have their turn all the same; this one again in the next round.
        logger.warn({ ...about, err: error }, 'attachment without a mapping not deleted')
      }
    }
    this.#suspects = found
  }
}

/** Locks the server, so that what is found is so until the transaction ends. */
async function isStray(
  trx: Transaction<NovaTables>,
  { id, instance, volume_id: volume }: Attachment,
): Promise<boolean> {
  if (instance === null) return false
  if (!(await lockRestingServer(trx, instance))) return false
  const mapping = await trx
    .selectFrom('block_device_mappings')
    .select('uuid')
    .where('server_id', '=', instance)
    .where('volume_id', '=', volume)
    // One without an attachment may be about to get this one.
    .where((either) => either.or([either('attachment_id', '=', id), either('attachment_id', 'is', null)]))
    .executeTakeFirst()
  return mapping === undefined
}
