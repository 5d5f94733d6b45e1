import { HttpError } from '@longhaul/keystoneauth'
import { badRequest } from '@longhaul/oslo/api'
import { sql, type Transaction } from 'kysely'
import type { NovaTables } from '../db/tables.ts'
import { freeDeviceName } from '../device-name.ts'
import type { WantedVolume } from '../operations/connect-volumes.ts'
import { volumeError } from '../volume-errors.ts'
import type { CreateServerRequest } from './schema.ts'

/** A volume that a new server is to have. */
export interface VolumeOfRequest {
  volumeId: string
  deleteOnTermination: boolean
  tag: string | null
}

interface Cinder {
  get(volumeId: string): Promise<{ status: string; multiattach?: boolean }>
}

/**
 * Looks at the volumes that a request names.
 *
 * @throws ApiError 400 for volumes that do not exist or are not available, and for several servers; 401, 403, 503 of the Block
 *   Storage service
 * @see openstack/nova nova/compute/api.py, _validate_bdm
 */
export async function wantedVolumes(
  cinder: () => Cinder,
  {
    block_device_mapping_v2: given = [],
    max_count: count = 1,
    min_count: least = count,
  }: CreateServerRequest,
): Promise<VolumeOfRequest[]> {
  const wanted: VolumeOfRequest[] = []
  for (const one of given) {
    if (one.source_type !== 'volume') continue
    if (Math.max(count, least) > 1) {
      throw badRequest('Cannot attach one or more volumes to multiple instances', {
        code: 'volume_for_several',
      })
    }
    await assertAvailable(cinder(), one.uuid)
    const { uuid: volumeId, delete_on_termination: deleteOnTermination = false, tag = null } = one
    wanted.push({ volumeId, deleteOnTermination, tag })
  }
  return wanted
}

async function assertAvailable(cinder: Cinder, id: string): Promise<void> {
  const { status, multiattach } = await cinder.get(id).catch((error: unknown) => {
    if (!(error instanceof HttpError) || error.status !== 404) throw volumeError(error, id)
    const message = `Block Device Mapping is Invalid: failed to get volume ${id}.`
    throw badRequest(message, { code: 'volume_not_found', cause: error })
  })
  if (status !== 'available') {
    throw badRequest(`Invalid volume: volume ${id} must be available, but is ${status}`, {
      code: 'volume_not_available',
    })
  }
  if (multiattach) {
    throw badRequest(`Volume ${id} has 'multiattach' set, which is not supported for this instance.`, {
      code: 'multiattach_unsupported',
    })
  }
}

/**
 * Writes the volumes of a new server, which the operation that builds it connects.
 *
 * @param asked before the Block Storage service was asked for them
 * @returns what the operation is told
 * @throws ApiError 400 for a volume that another server has got since
 */
export async function insertVolumes(
  trx: Transaction<NovaTables>,
  serverId: string,
  volumes: readonly VolumeOfRequest[],
  { randomUUID, at, asked }: { randomUUID: () => string; at: Date; asked: Date },
): Promise<WantedVolume[]> {
  const wanted: WantedVolume[] = []
  const names = new Set<string>()
  for (const { volumeId, deleteOnTermination, tag } of volumes) {
    const [uuid, device_name] = [randomUUID(), freeDeviceName(names)]
    names.add(device_name)
    await assertNobodyHas(trx, volumeId, asked)
    await trx
      .insertInto('block_device_mappings')
      .values({
        uuid,
        server_id: serverId,
        volume_id: volumeId,
        attachment_id: null,
        device_name,
        tag,
        delete_on_termination: deleteOnTermination,
        reserved_at: null,
        created_at: at,
        updated_at: at,
      })
      .execute()
    wanted.push({ uuid, volumeId, deviceName: device_name })
  }
  return wanted
}

/**
 * Until the transaction ends nobody else is given it: of two requests that both saw it available one gets it. What a server
 * had before the volume was seen available, it does not have any more.
 */
async function assertNobodyHas(trx: Transaction<NovaTables>, volumeId: string, seen: Date): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${volumeId}, 0))`.execute(trx)
  const other = await trx
    .selectFrom('block_device_mappings as mapping')
    .innerJoin('servers', 'servers.id', 'mapping.server_id')
    .select('mapping.uuid')
    .where('mapping.volume_id', '=', volumeId)
    .where('servers.deleted_at', 'is', null)
    .where((is) => is.or([is('mapping.attachment_id', 'is', null), is('mapping.updated_at', '>=', seen)]))
    .executeTakeFirst()
  if (!other) return
  throw badRequest(`Invalid volume: volume ${volumeId} already attached`, { code: 'volume_already_attached' })
}
