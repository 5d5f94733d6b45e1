import { constants } from 'node:fs'
import { access, mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'

const idShape = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const partialShape = /^[0-9a-f-]{36}\.[0-9a-f-]{36}\.partial$/

/** Bytes that are gathered before they are written. */
const batchSize = 1024 * 1024

/** Data that is being written; nobody reads it before `publish`. */
export interface PartialFile {
  append(chunk: Uint8Array): Promise<void>
  /** Makes the data the image's: on disk for good, under its name, all at once. */
  publish(): Promise<void>
  /** Removes what was written. */
  discard(): Promise<void>
}

/** An open file of a published image. */
export interface ImageData {
  size: number
  /** Reads the file once and closes it. */
  stream(): NodeJS.ReadableStream
  close(): Promise<void>
}

/** What lies in the directory. */
export interface StoredFiles {
  /** Ids of the images whose data is there. */
  images: string[]
  /** Names of files of uploads that did not end. */
  partials: string[]
}

/** The filesystem store: one file an image, named by its id, in one directory. */
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

  /** Begins the data of an image. @param uploadId a UUID of this attempt */
  async create(id: string, uploadId: string): Promise<PartialFile> {
    const partial = this.#path(`${id}.${uploadId}.partial`)
    const target = this.#path(id)
    const writer = new BatchWriter(await open(partial, 'wx', 0o640))
    return {
      append: async (chunk) => await writer.append(chunk),
      publish: async () => {
        await writer.finish()
        await rename(partial, target)
        await this.#syncDirectory()
      },
      discard: async () => {
        try {
          await writer.close()
        } finally {
          await rm(partial, { force: true })
        }
      },
    }
  }

  /** Opens the data of an image; undefined if there is none. */
  async read(id: string): Promise<ImageData | undefined> {
    let handle: FileHandle
    try {
      handle = await open(this.#path(id), 'r')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
    const { size } = await handle.stat()
    return {
      size,
      stream: () => handle.createReadStream({ highWaterMark: 256 * 1024 }),
      close: () => handle.close(),
    }
  }

  /** Removes the data of an image; none is fine. Who reads it at the moment reads on. */
  async remove(id: string): Promise<void> {
    await rm(this.#path(id), { force: true })
    await this.#syncDirectory()
  }

  async list(): Promise<StoredFiles> {
    const names = await readdir(this.#directory)
    return {
      images: names.filter((name) => idShape.test(name)),
      partials: names.filter((name) => partialShape.test(name)),
    }
  }

  /** Removes the file of an upload that did not end. @param name from `list().partials` */
  async removePartial(name: string): Promise<void> {
    if (!partialShape.test(name)) throw new Error(`not the name of a partial file: ${name}`)
    await rm(join(this.#directory, name), { force: true })
  }

  #path(name: string): string {
    if (!idShape.test(name) && !partialShape.test(name))
      throw new Error(`not the name of an image's file: ${name}`)
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

/** Gathers the small chunks of the network into few writes. */
class BatchWriter {
  readonly #handle: FileHandle
  #chunks: Uint8Array[] = []
  #bytes = 0
  #isOpen = true

  constructor(handle: FileHandle) {
    this.#handle = handle
  }

  async append(chunk: Uint8Array): Promise<void> {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes >= batchSize) await this.#flush()
  }

  /** Writes the rest, waits until all is on disk, and closes. */
  async finish(): Promise<void> {
    await this.#flush()
    await this.#handle.sync()
    await this.close()
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await this.#handle.close()
  }

  async #flush(): Promise<void> {
    let rest = Buffer.concat(this.#chunks)
    this.#chunks = []
    this.#bytes = 0
    while (rest.length > 0) {
      const { bytesWritten } = await this.#handle.write(rest)
      rest = rest.subarray(bytesWritten)
    }
  }
}
