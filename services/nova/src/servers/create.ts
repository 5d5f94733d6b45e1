import { badRequest } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import type { NovaTables } from '../db/tables.ts'
import type { CreateServerInput } from '../operations/create-server.ts'
import { writeOperation } from '../operations/start.ts'
import { imageError } from './glance-errors.ts'
import { imageIdOf, type CreateServerRequest } from './schema.ts'
import { askedBy, projectOf, type CheckedImage, type ServersOptions } from './options.ts'
import { powerStates } from './states.ts'
import { insertServer } from './store.ts'

type Flavor = NovaTables['flavors']

/**
 * Writes a server and begins to build it.
 *
 * @returns the server's id
 * @throws ApiError 400 for an image or flavor that does not exist or does not fit; 401, 403, 503 of the Image service
 * @see openstack/nova nova/compute/api.py, create
 */
export async function createServer(
  options: ServersOptions,
  context: RequestContext,
  request: CreateServerRequest,
): Promise<string> {
  const { store, flavors, images, seal, queue, randomUUID, now } = options
  const imageId = imageIdOf(request.imageRef)
  const flavor = await flavors.find(request.flavorRef)
  if (!flavor) {
    throw badRequest(`Flavor ${request.flavorRef} could not be found.`, { code: 'flavor_not_found' })
  }
  const image = await images(context)
    .get(imageId)
    .catch((error: unknown) => {
      throw imageError(error, imageId)
    })
  assertFits(image, flavor)

  const at = now()
  const [id, operationId] = [randomUUID(), randomUUID()]
  const server = {
    id,
    name: request.name,
    project_id: projectOf(context),
    user_id: context.userId,
    image_id: image.id,
    flavor: {
      id: flavor.id,
      name: flavor.name,
      ram: flavor.ram,
      vcpus: flavor.vcpus,
      disk: flavor.disk,
    },
    metadata: request.metadata,
    host: null,
    vm_state: 'building',
    task_state: 'scheduling',
    power_state: powerStates.nostate,
    operation_id: operationId,
    created_at: at,
    updated_at: at,
    launched_at: null,
    deleted_at: null,
  }
  const input: CreateServerInput = { image: { id: image.id, disk_format: image.disk_format } }
  await store.transaction(async (trx) => {
    await insertServer(trx, server)
    await writeOperation(
      trx,
      {
        id: operationId,
        kind: 'create-server',
        serverId: id,
        context: seal(context, operationId),
        input,
        action: 'create',
        askedBy: askedBy(context),
      },
      at,
    )
    await queue(trx, operationId)
  })
  return id
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
