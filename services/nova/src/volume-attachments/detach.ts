import { badRequest, conflict, notFound } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import type { DetachVolumeInput } from '../operations/detach-volume.ts'
import { beginOrRefuse } from '../device-operations.ts'
import { isRefusal } from '../is-refusal.ts'
import { volumeError } from '../volume-errors.ts'
import type { Server, VolumeAttachmentsOptions } from './options.ts'
import { takeReservation, type MappingRow } from './store.ts'

/**
 * Marks a volume as `detaching` in Cinder and begins to detach it. The row is reserved before, and given to the operation in
 * the transaction that begins it: if this process dies in between, a conductor takes the mark back.
 *
 * @throws ApiError 400 for a volume that is not in use; 404; 409 for a server that is busy or in a state in which it loses no
 *   volumes; 401, 403, 503 of the Block Storage service
 * @see openstack/nova nova/compute/api.py, detach_volume
 */
export async function detachVolume(
  options: VolumeAttachmentsOptions,
  context: RequestContext,
  server: Server,
  volumeId: string,
): Promise<void> {
  const { store, volumes, now } = options
  const cinder = volumes(context)
  const row = await store.find(server.id, volumeId)
  if (!row) throw notAttached(server.id, volumeId)
  const attachmentId = row.attachment_id!
  if (!(await store.reserveDetaching(row.uuid, now()))) {
    throw badRequest(`Invalid volume: volume ${volumeId} is being detached`, { code: 'volume_detaching' })
  }
  await cinder.beginDetaching(volumeId).catch(async (error: unknown) => {
    if (isRefusal(error)) await store.giveUpDetaching(row.uuid)
    else await rollBack(options, context, row)
    throw volumeError(error, volumeId)
  })
  const input: DetachVolumeInput = { volumeId, attachmentId }
  try {
    await store.transaction(async (trx) => {
      if (!(await takeReservation(trx, row.uuid, attachmentId, now()))) {
        throw conflict('The volume was given up before the operation began.', { code: 'reservation_lost' })
      }
      await beginOrRefuse(options, trx, context, server, { kind: 'detach-volume', input })
    })
  } catch (error) {
    await rollBack(options, context, row)
    throw error
  }
}

export function notAttached(serverId: string, volumeId: string) {
  return notFound(`Instance ${serverId} is not attached to volume ${volumeId}`, {
    code: 'volume_not_attached',
  })
}

/** If it cannot be done now, a conductor does it. */
async function rollBack(
  { store, volumes, logger }: VolumeAttachmentsOptions,
  context: RequestContext,
  { uuid, volume_id: volume }: MappingRow,
): Promise<void> {
  try {
    // Whether the transaction took effect is unknown after a lost connection; what an operation has stays.
    if ((await store.byUuid(uuid))?.reserved_at == null) return
    await volumes(context).rollDetaching(volume)
    await store.giveUpDetaching(uuid)
  } catch (error) {
    logger.warn({ err: error, volume }, 'the mark on the volume is left to a conductor')
  }
}
