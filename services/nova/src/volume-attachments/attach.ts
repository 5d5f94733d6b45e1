import { badRequest, conflict } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import type { AttachVolumeInput } from '../operations/attach-volume.ts'
import { beginOrRefuse } from '../device-operations.ts'
import { isRefusal } from '../is-refusal.ts'
import { volumeError } from '../volume-errors.ts'
import type { Server, VolumeAttachmentsOptions } from './options.ts'
import type { AttachRequest } from './schema.ts'
import { takeReservation, type MappingRow } from './store.ts'

/**
 * Reserves a volume for a server, in nova and then in Cinder, and begins to attach it. The row is given to the operation in
 * the transaction that begins it: if this process dies before, a conductor gives up what was reserved.
 *
 * @throws ApiError 400 for a volume that the server has, or that Cinder does not give away; 404; 409 for a server that is busy
 *   or in a state in which it gets no volumes; 401, 403, 503 of the Block Storage service
 * @see openstack/nova nova/compute/api.py, attach_volume
 */
export async function attachVolume(
  options: VolumeAttachmentsOptions,
  context: RequestContext,
  server: Server,
  wanted: AttachRequest,
): Promise<MappingRow> {
  const { store, randomUUID, now } = options
  const { volumeId } = wanted
  const cinder = options.volumes(context)
  const volume = await cinder.get(volumeId).catch((error: unknown) => {
    throw volumeError(error, volumeId)
  })
  if (volume.multiattach) {
    throw conflict(`Volume ${volumeId} has 'multiattach' set, which is not supported for this instance.`, {
      code: 'multiattach_unsupported',
    })
  }
  const mapping = {
    uuid: randomUUID(),
    server_id: server.id,
    volume_id: volumeId,
    tag: wanted.tag ?? null,
    delete_on_termination: wanted.delete_on_termination ?? false,
  }
  const row = await store.reserve(mapping, now())
  if (!row) {
    throw badRequest(`Invalid volume: volume ${volumeId} already attached`, {
      code: 'volume_already_attached',
    })
  }
  const attachment = await cinder.createAttachment(volumeId, server.id).catch(async (error: unknown) => {
    if (isRefusal(error)) await store.giveUp(row.uuid)
    else await giveBack(options, context, row)
    throw volumeError(error, volumeId)
  })
  const input: AttachVolumeInput = { volumeId, attachmentId: attachment.id }
  try {
    await store.transaction(async (trx) => {
      if (!(await takeReservation(trx, row.uuid, attachment.id, now()))) {
        throw conflict('The volume was given up before the operation began.', { code: 'reservation_lost' })
      }
      await beginOrRefuse(options, trx, context, server, { kind: 'attach-volume', input })
    })
  } catch (error) {
    await giveBack(options, context, row, attachment.id)
    throw error
  }
  return { ...row, attachment_id: attachment.id }
}

/**
 * Deletes what Cinder has of a reservation, and the reservation. If it cannot be done now, a conductor does it.
 *
 * @param attachmentId absent: it is not known whether there is one
 */
async function giveBack(
  { store, volumes, logger }: VolumeAttachmentsOptions,
  context: RequestContext,
  { uuid, volume_id: volume, server_id: server }: MappingRow,
  attachmentId?: string,
): Promise<void> {
  try {
    // Whether the transaction took effect is unknown after a lost connection; what an operation has stays.
    const row = await store.byUuid(uuid)
    if (row && row.attachment_id !== null) return
    const cinder = volumes(context)
    const made =
      attachmentId === undefined ? await cinder.attachments(volume, server) : [{ id: attachmentId }]
    for (const { id } of made) await cinder.deleteAttachment(id)
    await store.giveUp(uuid)
  } catch (error) {
    logger.warn({ err: error, volume, server }, 'the attachment is left to a conductor')
  }
}
