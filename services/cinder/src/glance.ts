import type { Readable } from 'node:stream'
import { HttpError, isRetriable, type Adapter } from '@longhaul/keystoneauth'
import { badRequest, conflict, serviceUnavailable, unauthorized, type ApiError } from '@longhaul/oslo/api'
import { invalidInput } from './answers.ts'
import { isUuid } from './parameter-types.ts'

/** What cinder reads of an image. */
export interface Image {
  id: string
  name: string | null
  status: string
  /** Bytes. */
  size: number | null
  disk_format: string | null
  container_format: string | null
  checksum: string | null
  /** GiB. */
  min_disk: number
  /** MiB. */
  min_ram: number
  [property: string]: unknown
}

/** The Image service, as the holder of the adapter's auth. @see Image API v2 */
export class ImageClient {
  readonly #adapter: Adapter

  constructor(adapter: Adapter) {
    this.#adapter = adapter
  }

  /**
   * The image that a client means: by id, by an URL that ends with it, or by name.
   *
   * @throws ApiError 400 `image_not_found`, 409 `image_name_ambiguous`, and as `imageError`
   * @see openstack/cinder cinder/api/v2/volumes.py, _image_uuid_from_ref
   */
  async find(reference: string): Promise<Image> {
    const id = reference.split('/').at(-1) ?? ''
    try {
      if (isUuid(id)) return await (await this.#adapter.get(`/v2/images/${id}`)).json<Image>()
    } catch (error) {
      if (!(error instanceof HttpError) || error.status !== 404) throw imageError(error)
    }
    let found: { images: Image[] }
    try {
      const query = { name: reference }
      found = await (await this.#adapter.get('/v2/images', { query })).json<{ images: Image[] }>()
    } catch (error) {
      throw imageError(error)
    }
    const [image, another] = found.images
    if (another) {
      throw conflict(`Multiple matches found for '${reference}', use an ID to be more specific.`, {
        code: 'image_name_ambiguous',
      })
    }
    if (image) return image
    throw badRequest('Invalid image identifier or unable to access requested image.', {
      code: 'image_not_found',
    })
  }

  /** The data of an active image; read it to its end or destroy it. Errors are keystoneauth's. */
  async download(id: string): Promise<Readable> {
    return (await this.#adapter.get(`/v2/images/${id}/file`, { stream: true })).body
  }
}

/** Whether a volume can be made of an image. @param size GiB @throws ApiError 400 `invalid_input` */
export function assertUsable(image: Image, size: number | undefined): void {
  if (image.status !== 'active') throw invalidInput(`Image ${image.id} is not active.`)
  if (size === undefined) return
  const needed = Math.ceil((image.size ?? 0) / 2 ** 30)
  if (needed > size) {
    throw invalidInput(`Size of specified image ${needed}GB is larger than volume size ${size}GB.`)
  }
  if (image.min_disk > size) {
    throw invalidInput(
      `Volume size ${size}GB cannot be smaller than the image minDisk size ${image.min_disk}GB.`,
    )
  }
}

const described = ['checksum', 'container_format', 'disk_format', 'min_disk', 'min_ram', 'size'] as const

/** What a volume keeps of what its image said of itself. */
export function imageMetadataOf(image: Image): Record<string, string> {
  const facts = described.map((name) => [name, image[name]] as const)
  const own = Object.entries(image).filter(
    ([name, value]) => typeof value === 'string' && !imageFields.has(name) && !name.startsWith('os_'),
  )
  const all = [['image_id', image.id], ['image_name', image.name], ...facts, ...own] as const
  const told = all.filter(([, value]) => value !== null && value !== undefined)
  return Object.fromEntries(told.map(([name, value]) => [name, String(value)]))
}

/** Fields of every image, which are no properties of its owner. */
const imageFields: ReadonlySet<string> = new Set([
  ...described,
  'id',
  'name',
  'status',
  'visibility',
  'owner',
  'file',
  'self',
  'schema',
  'created_at',
  'updated_at',
  'direct_url',
])

/** What a client is told when the Image service refused or did not answer. */
function imageError(error: unknown): ApiError {
  const options = { cause: error, detail: 'image service' }
  if (error instanceof HttpError && error.status === 401) {
    return unauthorized('Not authorized for image.', options)
  }
  if (isRetriable(error)) {
    return serviceUnavailable('The Image service does not answer.', { ...options, retryAfter: 5 })
  }
  return badRequest('Invalid image identifier or unable to access requested image.', {
    ...options,
    code: 'image_not_found',
  })
}
