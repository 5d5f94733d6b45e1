import { constants } from 'node:fs'
import { access, mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { BatchWriter } from './batch-writer.ts'

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const imageShape = new RegExp(`^${uuid}$`)
const uploadShape = new RegExp(`^(${uuid})\\.(${uuid})$`)

/** One writing of data: the image, and a UUID of the attempt. */
export interface Upload {
  imageId: string
  uploadId: string
}

/** Data that is being written; nobody reads it before the database names its upload. */
export interface UploadFile {
  append(chunk: Uint8Array): Promise<void>
  /** Waits until data and name are on disk for good, and closes. */
  complete(): Promise<void>
  /** Closes and removes what was written. */
  discard(): Promise<void>
}

/** An open file with data. */
export interface ImageData {
  size: number
  /** Reads once, from byte `start` to byte `end`, both included, and closes. */
  stream(range?: { start: number; end: number }): Readable
  close(): Promise<void>
}

/** What lies in the directory. */
export interface StoredFiles {
  /** Ids of images whose data is published. */
  images: string[]
  uploads: Upload[]
}

/**
 * A directory with data of images. An upload writes `<image>.<upload>`, which no other upload ever touches. The upload
 * that the database has taken for the image's data is published: renamed to `<image>`. So whoever loses a race removes
 * nothing but what is his own.
 */
export class FileStore {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Makes the directory if it is missing. @throws the system's error if it cannot be written to */
  async open(): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o750 })
    await access(this.#directory, constants.R_OK | constants.W_OK | constants.X_OK)
  }

  async create(upload: Upload): Promise<UploadFile> {
    const path = this.#uploadPath(upload)
    const writer = new BatchWriter(await open(path, 'wx', 0o640))
    return {
      append: async (chunk) => await writer.append(chunk),
      complete: async () => {
        await writer.finish()
        await this.#syncDirectory()
      },
      discard: async () => {
        try {
          await writer.close()
        } finally {
          await rm(path, { force: true })
        }
      },
    }
  }

  /** Makes a complete upload the image's data; repeating it is fine. */
  async publish(upload: Upload): Promise<void> {
    const target = this.#imagePath(upload.imageId)
    try {
      await rename(this.#uploadPath(upload), target)
    } catch (error) {
      if (!isMissing(error)) throw error
      await access(target)
    }
    await this.#syncDirectory()
  }

  /** Opens the data of an image, published or not yet; undefined if there is none. */
  async read(upload: Upload): Promise<ImageData | undefined> {
    const published = () => openForReading(this.#imagePath(upload.imageId))
    // The file may be published between the first look and the second.
    return (await published()) ?? (await this.readUpload(upload)) ?? (await published())
  }

  /** Opens the file of an upload; undefined if there is none. */
  async readUpload(upload: Upload): Promise<ImageData | undefined> {
    return await openForReading(this.#uploadPath(upload))
  }

  /** Removes the published data of an image; none is fine. Who reads it at the moment reads on. */
  async remove(imageId: string): Promise<void> {
    await rm(this.#imagePath(imageId), { force: true })
    await this.#syncDirectory()
  }

  /** Removes the file of an upload; none is fine. */
  async removeUpload(upload: Upload): Promise<void> {
    await rm(this.#uploadPath(upload), { force: true })
  }

  /** Files with other names are none of ours. */
  async list(): Promise<StoredFiles> {
    const names = await readdir(this.#directory)
    return {
      images: names.filter((name) => imageShape.test(name)),
      uploads: names.flatMap((name) => {
        const [, imageId, uploadId] = uploadShape.exec(name) ?? []
        return imageId !== undefined && uploadId !== undefined ? [{ imageId, uploadId }] : []
      }),
    }
  }

  #imagePath(imageId: string): string {
    return this.#path(imageId, imageShape)
  }

  #uploadPath({ imageId, uploadId }: Upload): string {
    return this.#path(`${imageId}.${uploadId}`, uploadShape)
  }

  #path(name: string, shape: RegExp): string {
    if (!shape.test(name)) throw new Error(`not the name of an image's file: ${name}`)
    return join(this.#directory, name)
  }

  /** A new or removed name survives a power cut only when the directory itself is on disk. */
  async #syncDirectory(): Promise<void> {
    const handle = await open(this.#directory, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  }
}

/** Bytes that are read at a time. */
const readSize = 256 * 1024

async function openForReading(path: string): Promise<ImageData | undefined> {
  let handle: FileHandle
  try {
    handle = await open(path, 'r')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
  const { size } = await handle.stat()
  return {
    size,
    stream: (range) => handle.createReadStream({ highWaterMark: readSize, ...range }),
    close: () => handle.close(),
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}
