import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { HttpError } from '@longhaul/keystoneauth'
import { inspectImage, QemuImgError } from '@longhaul/qemu'
import { moveIntoPlace } from '../record-file.ts'
import { DriverError } from '../virt/driver.ts'
import { isOfTheDisk } from './job-error.ts'
import { SharedWork } from './shared-work.ts'

/** As much of an image as is needed to fetch it. */
export interface ImageFacts {
  id: string
  status: string
  disk_format: string | null
  os_hash_algo: string | null
  os_hash_value: string | null
}

/** Where images come from, as one user may read them. */
export interface ImageSource {
  download(id: string, signal?: AbortSignal): Promise<Readable>
}

export interface CachedImage {
  id: string
  path: string
  format: 'qcow2' | 'raw'
  virtualSize: number
}

const tries = 2
const unfinished = '.part'

/** Images that were downloaded to this host, by id: the content of an active image never changes. */
export class ImageCache {
  readonly #directory: string
  readonly #unfinished: string
  readonly #now: () => Date
  readonly #downloads = new SharedWork()

  /** @param sharedBy this host's name, if other hosts have the directory too */
  constructor(directory: string, now: () => Date, sharedBy?: string) {
    this.#directory = directory
    this.#unfinished = sharedBy === undefined ? unfinished : `.${sharedBy}${unfinished}`
    this.#now = now
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 })
    for (const name of readdirSync(this.#directory)) {
      if (name.endsWith(this.#unfinished)) rmSync(join(this.#directory, name))
    }
  }

  /**
   * The file of an image, downloaded and checked if it is not here; concurrent callers share one download, which ends with
   * the last of them. That the user may read the image was asked anew by whoever got `image`.
   *
   * @throws DriverError `image_not_active`, `image_unacceptable` for what is no disk that stands for itself,
   *   `image_damaged` when the digest is wrong twice; not terminal: `image_interrupted`. HttpError of a refusal; the
   *   signal's reason
   */
  async get(image: ImageFacts, source: ImageSource, signal: AbortSignal): Promise<CachedImage> {
    if (image.status !== 'active') {
      throw new DriverError('image_not_active', `image ${image.id} is ${image.status}`)
    }
    const path = join(this.#directory, image.id)
    while (!existsSync(path)) {
      await this.#downloads.join(image.id, signal, (ended) =>
        fetchInto(path, `${path}${this.#unfinished}`, image, source, ended),
      )
    }
    const now = this.#now()
    utimesSync(path, now, now)
    return { id: image.id, path, ...(await diskOf(path, image)) }
  }

  /** An image that is here already, whoever may read it. @throws DriverError `image_unacceptable` */
  async find(id: string): Promise<CachedImage | undefined> {
    const path = join(this.#directory, id)
    if (!existsSync(path)) return undefined
    const now = this.#now()
    utimesSync(path, now, now)
    return { id, path, ...(await diskOf(path, { id, disk_format: null })) }
  }

  /**
   * Removes images that nobody has asked for since then.
   *
   * @param inUse files that disks are made on
   * @returns ids of the removed ones
   */
  removeUnused(inUse: ReadonlySet<string>, then: Date): string[] {
    const unused = readdirSync(this.#directory).filter((name) => {
      const path = join(this.#directory, name)
      return !name.endsWith(unfinished) && !inUse.has(path) && statSync(path).mtime < then
    })
    for (const name of unused) rmSync(join(this.#directory, name))
    return unused
  }
}

async function fetchInto(
  path: string,
  temporary: string,
  image: ImageFacts,
  source: ImageSource,
  signal: AbortSignal,
) {
  if (image.os_hash_algo !== 'sha512' || !image.os_hash_value) {
    throw new DriverError('image_unacceptable', `image ${image.id} has no sha512 digest`)
  }
  try {
    for (let left = tries; ; left--) {
      if ((await download(temporary, image, source, signal)) === image.os_hash_value) break
      if (left === 1) {
        throw new DriverError('image_damaged', `image ${image.id} arrived with another digest`)
      }
    }
    await diskOf(temporary, image)
    await moveIntoPlace(temporary, path)
  } finally {
    rmSync(temporary, { force: true })
  }
}

/** @returns digest of what came */
async function download(
  file: string,
  image: ImageFacts,
  source: ImageSource,
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash('sha512')
  // Opened before anything can fail: what is opened later would be there after it was removed.
  const target = await open(file, 'w', 0o600)
  const data = await source.download(image.id, signal).catch(async (error: unknown) => {
    await target.close()
    throw error
  })
  const hashed = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      hash.update(chunk)
      yield chunk
    }
  }
  try {
    await pipeline(data, hashed, target.createWriteStream(), { signal })
  } catch (error) {
    if (error instanceof HttpError || isOfTheDisk(error)) throw error
    const message = `the download of image ${image.id} broke off`
    throw new DriverError('image_interrupted', message, { cause: error, terminal: false })
  }
  return hash.digest('hex')
}

/**
 * What QEMU may be given: a file that names no other, of the format that was declared.
 *
 * @see https://security.openstack.org/ossa/OSSA-2024-001.html
 */
async function diskOf(
  path: string,
  image: Pick<ImageFacts, 'id' | 'disk_format'>,
): Promise<Pick<CachedImage, 'format' | 'virtualSize'>> {
  const refuse = (why: string, cause?: unknown) =>
    new DriverError('image_unacceptable', `image ${image.id} ${why}`, { cause })
  const found = await inspectImage(path).catch((error: unknown) => {
    throw error instanceof QemuImgError ? refuse('cannot be read', error) : error
  })
  const { format, backingFile, dataFile, encrypted, virtualSize } = found
  if (backingFile !== undefined || dataFile) throw refuse('names another file')
  if (format !== 'qcow2' && format !== 'raw') throw refuse(`is of format ${format}`)
  if (image.disk_format !== null && image.disk_format !== format) {
    throw refuse(`is of format ${format}, declared was ${image.disk_format}`)
  }
  if (encrypted) throw refuse('is encrypted')
  return { format, virtualSize }
}
