import { HttpError } from '@longhaul/keystoneauth'
import { conflict } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import type { Transaction } from 'kysely'
import type { NovaTables } from '../db/tables.ts'
import type { CreateImageInput } from '../operations/create-image.ts'
import { beginOperation } from '../operations/begin.ts'
import { serverMissing, stateForbids } from '../server-faults.ts'
import { imageError } from './glance-errors.ts'
import { askedBy } from '../operations/start.ts'
import type { ServersOptions } from './options.ts'
import { snapshotStates } from './states.ts'
import type { ServerRow } from './server.ts'
import { lockServer } from './store.ts'

/**
 * Makes the image of a snapshot, empty as yet, and begins the snapshot. The image's id is reserved before the image is
 * made and given up in the transaction that begins the operation: if this process dies in between, the reservation stays
 * and a conductor removes the image.
 *
 * @returns the image's id
 * @throws ApiError 409 for a server that is busy or in a state without a disk to copy; 401, 403, 503 of the Image service
 * @see openstack/nova nova/compute/api.py, snapshot
 */
export async function createImage(
  options: ServersOptions,
  context: RequestContext,
  server: ServerRow,
  wanted: { name: string; metadata: Record<string, string> },
): Promise<string> {
  const { store, images, seal, queue, randomUUID, now } = options
  if (server.task_state !== null || !snapshotStates.has(server.vm_state)) {
    throw stateForbids(server, 'createImage')
  }
  const [imageId, operationId] = [randomUUID(), randomUUID()]
  const reservation = {
    image_id: imageId,
    server_id: server.id,
    operation_id: operationId,
    created_at: now(),
  }
  await store.db.insertInto('image_reservations').values(reservation).execute()
  await images(context)
    .create({ ...imageOf(server, context, wanted), id: imageId })
    .catch(async (error: unknown) => {
      // Refused for certain: there is no image that a conductor would have to remove. A conflict may be with our own first
      // try, whose answer was lost.
      const refused = error instanceof HttpError && error.status < 500 && error.status !== 409
      if (refused) await giveUpReservation(options, imageId)
      throw imageError(error, imageId)
    })

  const input: CreateImageInput = { imageId }
  let reaped = false
  try {
    await store.transaction(async (trx) => {
      const reserved = await trx
        .deleteFrom('image_reservations')
        .where('image_id', '=', imageId)
        .executeTakeFirst()
      if (reserved.numDeletedRows === 0n) {
        reaped = true
        throw conflict('The image was given up before the snapshot began.', { code: 'reservation_lost' })
      }
      const operation = {
        id: operationId,
        kind: 'create-image',
        serverId: server.id,
        context: seal(context, operationId),
        input,
        action: 'createImage',
        askedBy: askedBy(context),
      } as const
      const begun = await beginOperation(
        trx,
        operation,
        { taskState: 'image_snapshot_pending', vmStates: [...snapshotStates] },
        { queue, now: now() },
      )
      if (!begun) throw await refusal(trx, server)
    })
  } catch (error) {
    // Whoever gave it up may have looked for the image before it was there.
    if (reaped) await store.db.insertInto('image_reservations').values(reservation).execute()
    await dropImage(options, context, imageId)
    throw error
  }
  return imageId
}

/** Why a server could not be taken: it is gone, or something runs on it since. */
async function refusal(trx: Transaction<NovaTables>, server: ServerRow): Promise<Error> {
  const present = await lockServer(trx, server.id)
  return present ? stateForbids(present, 'createImage') : serverMissing(server.id)
}

/** If it cannot be done now, the reservation stays and a conductor does it. */
async function dropImage(options: ServersOptions, context: RequestContext, imageId: string): Promise<void> {
  const { store, images, logger } = options
  try {
    // Whether the transaction took effect is unknown after a lost connection; an image with an operation stays.
    const row = await store.db
      .selectFrom('image_reservations')
      .select('image_id')
      .where('image_id', '=', imageId)
      .executeTakeFirst()
    if (!row) return
    await images(context).delete(imageId)
    await giveUpReservation(options, imageId)
  } catch (error) {
    logger.warn({ err: error, image: imageId }, 'the image is left to a conductor')
  }
}

async function giveUpReservation({ store }: ServersOptions, imageId: string): Promise<void> {
  await store.db.deleteFrom('image_reservations').where('image_id', '=', imageId).execute()
}

/** @see openstack/nova nova/compute/api.py, _create_image and utils.get_image_from_system_metadata */
function imageOf(
  server: ServerRow,
  context: RequestContext,
  { name, metadata }: { name: string; metadata: Record<string, string> },
): Record<string, unknown> {
  return {
    ...metadata,
    name,
    visibility: 'private',
    min_disk: server.flavor.disk,
    instance_uuid: server.id,
    user_id: context.userId,
    image_type: 'snapshot',
    base_image_ref: server.image_id,
    boot_roles: context.roles.join(','),
    owner_id: server.project_id,
    owner_user_name: context.userName,
    ...(context.projectName === undefined ? {} : { owner_project_name: context.projectName }),
  }
}
