import { badRequest, forbidden } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import type { Selectable } from 'kysely'
import type { FlavorsTable } from '../db/tables.ts'
import type { CreateServerInput } from '../operations/create-server.ts'
import { askedBy, writeOperation } from '../operations/start.ts'
import { hostMissing, type Destination } from './destination.ts'
import { imageError } from './glance-errors.ts'
import { hostnameOf } from './hostname.ts'
import { insertPorts, wantedInterfaces } from './networks.ts'
import { projectOf, type CheckedImage, type ServersOptions } from './options.ts'
import type { CreateServerRequest } from './schema.ts'
import type { ServerRow } from './server.ts'
import { allowedServers } from './server-quota.ts'
import { powerStates } from './states.ts'
import { insertServer } from './store.ts'
import { insertVolumes, wantedVolumes } from './volumes.ts'

type Flavor = Selectable<FlavorsTable>

/** What a request made: at least one server, with what they have in common. */
export interface CreatedServers {
  ids: string[]
  reservationId: string
}

/**
 * Writes servers and begins to build them, all in one transaction with the count of the project's quota.
 *
 * @param request.max_count as many as the quota leaves are made, but not fewer than `min_count`
 * @throws ApiError 400 for an image, flavor, key pair, host, network, port or volume that does not exist or does not fit; 409
 *   as `wantedInterfaces`; 401, 403, 503 of the Image, Networking and Block Storage services; 403 over quota
 * @see openstack/nova nova/compute/api.py, create
 */
export async function createServers(
  options: ServersOptions,
  context: RequestContext,
  request: CreateServerRequest,
  destination: Destination,
): Promise<CreatedServers> {
  const { store, seal, queue, quotas, randomUUID, now } = options
  const projectId = projectOf(context)
  const count = countOf(request)
  const { flavor, image } = await checked(options, context, request, destination)
  const reservationId = `r-${randomUUID().slice(0, 8)}`
  const interfaces = await wantedInterfaces(options.network(context), projectId, request)
  const asked = now()
  const disks = await wantedVolumes(() => options.volumes(context), request)
  const input: CreateServerInput = { image: { id: image.id, disk_format: image.disk_format } }
  return await store.transaction(async (trx) => {
    const rooms = await quotas.hold(trx, projectId)
    assertMetadata(Object.keys(request.metadata).length, rooms.metadata_items.limit)
    const allowed = allowedServers(rooms, flavor, count)
    const at = now()
    const ids: string[] = []
    for (let index = 0; index < allowed; index++) {
      const [id, operationId] = [randomUUID(), randomUUID()]
      const place = allowed === 1 ? undefined : index
      await insertServer(trx, {
        ...namesOf(request, id, place),
        ...wishesOf(request, destination),
        id,
        project_id: projectId,
        user_id: context.userId,
        image_id: image.id,
        flavor: frozen(flavor),
        reservation_id: reservationId,
        launch_index: index,
        locked_by: null,
        locked_reason: null,
        host: null,
        vm_state: 'building',
        task_state: 'scheduling',
        power_state: powerStates.nostate,
        operation_id: operationId,
        created_at: at,
        updated_at: at,
        launched_at: null,
        deleted_at: null,
      })
      const ports = await insertPorts(trx, id, interfaces, { randomUUID, at })
      const volumes = await insertVolumes(trx, id, disks, { randomUUID, at, asked })
      const kind = 'create-server'
      await writeOperation(
        trx,
        {
          id: operationId,
          kind,
          serverId: id,
          context: seal(context, operationId),
          input: {
            ...input,
            ...(ports.length > 0 && { ports }),
            ...(volumes.length > 0 && { volumes }),
          },
          action: 'create',
          askedBy: askedBy(context),
        },
        at,
      )
      await queue(trx, { id: operationId, kind })
      ids.push(id)
    }
    return { ids, reservationId }
  })
}

/** @throws ApiError 400 */
function countOf(request: CreateServerRequest): { min: number; max: number } {
  const { min_count: min = 1, max_count: max = min } = request
  if (min > max) throw badRequest('min_count must be <= max_count', { code: 'invalid_count' })
  if (request.hostname !== undefined && max > 1) {
    throw badRequest('Unable to allocate a single hostname to multiple instances', {
      code: 'hostname_ambiguous',
    })
  }
  return { min, max }
}

/** Looks at all that a request refers to. @throws ApiError 400; 401, 403, 503 of the Image service */
async function checked(
  { flavors, images, keypairs, hosts }: ServersOptions,
  context: RequestContext,
  request: CreateServerRequest,
  destination: Destination,
): Promise<{ flavor: Flavor; image: CheckedImage }> {
  const { imageRef: imageId = '', flavorRef, key_name: keyName } = request
  if (imageId === '') throw badRequest('Invalid imageRef provided.', { code: 'image_missing' })
  const disk = request.block_device_mapping_v2?.find((one) => one.source_type === 'image')
  if (disk && disk.uuid !== imageId) {
    throw badRequest('Block Device Mapping is Invalid: the disk is of another image.', {
      code: 'block_device_invalid',
    })
  }
  const flavor = await flavors.find(context, flavorRef)
  if (!flavor || flavor.disabled) {
    throw badRequest(`Flavor ${flavorRef} could not be found.`, { code: 'flavor_not_found' })
  }
  if (flavor.swap > 0 || flavor.ephemeral > 0) {
    throw badRequest(`Flavor ${flavorRef} has swap or ephemeral disks, which servers do not get here.`, {
      code: 'flavor_disks_unsupported',
    })
  }
  const image = await images(context)
    .get(imageId)
    .catch((error: unknown) => {
      throw imageError(error, imageId)
    })
  assertFits(image, flavor)
  if (keyName !== undefined && !(await keypairs.exists(context.userId, keyName))) {
    throw badRequest('Invalid key_name provided.', { code: 'keypair_not_found' })
  }
  const { by, host } = destination
  if (by === 'name' && host !== null && !(await hosts.exists(host))) throw hostMissing(host)
  return { flavor, image }
}

function namesOf(request: CreateServerRequest, id: string, place: number | undefined) {
  const { name, hostname } = request
  return {
    name: place === undefined ? name : `${name}-${place + 1}`,
    hostname: hostname ?? hostnameOf(name, id, place),
  }
}

/** What a request says and a server keeps as it is. */
function wishesOf(request: CreateServerRequest, destination: Destination) {
  return {
    description: request.description ?? null,
    metadata: request.metadata,
    tags: [...new Set(request.tags)],
    key_name: request.key_name ?? null,
    user_data: request.user_data ?? null,
    access_ip_v4: request.accessIPv4 ?? null,
    access_ip_v6: request.accessIPv6 ?? null,
    auto_disk_config: request['OS-DCF:diskConfig'] === 'AUTO',
    availability_zone: destination.availabilityZone,
    requested_host: destination.host,
  } satisfies Partial<ServerRow>
}

function frozen(flavor: Flavor): ServerRow['flavor'] {
  const { id, name, ram, vcpus, disk, ephemeral, swap, extra_specs } = flavor
  return { id, name, ram, vcpus, disk, ephemeral, swap, extra_specs }
}

/** @param limit -1: none. @throws ApiError 403 */
function assertMetadata(count: number, limit: number): void {
  if (limit < 0 || count <= limit) return
  throw forbidden(`Maximum number of metadata items exceeds ${limit}`, { code: 'quota_exceeded' })
}

/** @see openstack/nova nova/compute/api.py, _validate_flavor_image */
function assertFits(image: CheckedImage, flavor: Flavor): void {
  if (image.status !== 'active') {
    throw badRequest(`Image ${image.id} is not active.`, { code: 'image_not_active' })
  }
  if (flavor.ram < image.min_ram) {
    throw badRequest("Flavor's memory is too small for requested image.", { code: 'flavor_memory_too_small' })
  }
  if (flavor.disk > 0 && flavor.disk < image.min_disk) {
    throw badRequest("Flavor's disk is too small for requested image.", { code: 'flavor_disk_too_small' })
  }
}
