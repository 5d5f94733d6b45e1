// SQL of operations about the volumes of servers.
import type { Kysely } from 'kysely'
import type { NovaTables } from '../db/tables.ts'

/** A volume that a server has, gets or loses. */
export interface VolumeOfServer {
  volumeId: string
  attachmentId: string
  /** As the machine's system may call it. */
  deviceName: string
  deleteOnTermination: boolean
}

/** Without those that are only reserved. */
export async function volumesOfServer(db: Kysely<NovaTables>, serverId: string): Promise<VolumeOfServer[]> {
  const rows = await db
    .selectFrom('block_device_mappings')
    .select(['volume_id', 'attachment_id', 'device_name', 'delete_on_termination'])
    .where('server_id', '=', serverId)
    .where('attachment_id', 'is not', null)
    .orderBy('id')
    .execute()
  return rows.map((row) => ({
    volumeId: row.volume_id,
    attachmentId: row.attachment_id!,
    deviceName: row.device_name,
    deleteOnTermination: row.delete_on_termination,
  }))
}

/** Its attachment is gone, so that the volume does not belong to the server any more. */
export async function dropAttachment(db: Kysely<NovaTables>, attachmentId: string): Promise<void> {
  await db.deleteFrom('block_device_mappings').where('attachment_id', '=', attachmentId).execute()
}
