// SQL of operations about the volumes of servers.
import type { Kysely } from 'kysely'
import type { NovaTables } from '../db/tables.ts'
import { StaleAttempt } from './failure.ts'
import type { RunningOperation } from './running-operation.ts'

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

/** Volumes that a server was to be made with, and of which it is not known whether they were connected. */
export async function unconnectedVolumes(
  db: Kysely<NovaTables>,
  serverId: string,
): Promise<{ uuid: string; volumeId: string; deviceName: string }[]> {
  return await db
    .selectFrom('block_device_mappings')
    .select(['uuid', 'volume_id as volumeId', 'device_name as deviceName'])
    .where('server_id', '=', serverId)
    .where('attachment_id', 'is', null)
    // What nova-api is about to do is given up elsewhere.
    .where('reserved_at', 'is', null)
    .orderBy('id')
    .execute()
}

/** It was made. @param made.uuid of the row. @throws StaleAttempt */
export async function setAttachment(
  db: Kysely<NovaTables>,
  { id, attempt }: RunningOperation,
  made: { uuid: string; attachmentId: string; at: Date },
): Promise<void> {
  const written = await db
    .updateTable('block_device_mappings')
    .set({ attachment_id: made.attachmentId, updated_at: made.at })
    .where('uuid', '=', made.uuid)
    .where((is) =>
      is.exists(is.selectFrom('operations').select('id').where('id', '=', id).where('attempt', '=', attempt)),
    )
    .executeTakeFirst()
  if (written.numUpdatedRows === 0n) throw new StaleAttempt()
}

/** The volume does not belong to its server any more. @param uuid of the row */
export async function dropMapping(db: Kysely<NovaTables>, uuid: string): Promise<void> {
  await db.deleteFrom('block_device_mappings').where('uuid', '=', uuid).execute()
}

/** Its attachment is gone, so that the volume does not belong to the server any more. */
export async function dropAttachment(db: Kysely<NovaTables>, attachmentId: string): Promise<void> {
  await db.deleteFrom('block_device_mappings').where('attachment_id', '=', attachmentId).execute()
}
