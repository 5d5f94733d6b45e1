import type { Readable } from 'node:stream'
import {
  ApiError,
  badRequest,
  conflict,
  gone,
  notFound,
  requestTooLarge,
  serviceUnavailable,
} from '@longhaul/oslo/api'
import type { Logger } from '@longhaul/oslo/log'
import type { DeclaredFormat } from './content-check.ts'
import type { FileStore, PartialFile } from './file-store.ts'
import { receive, tooLarge, type ReceivedFacts } from './receive.ts'

/** As much of an image as its data needs. */
export interface ImageOfData {
  id: string
  status: string
  containerFormat: string | null
  diskFormat: string | null
}

/** The rows of images, as uploads write them. Each of the first three takes effect wholly or, false, not at all. */
export interface UploadRecords {
  /** queued → saving, held by this upload. */
  start(id: string, uploadId: string): Promise<boolean>
  /** saving → active, if this upload still holds it. */
  finish(id: string, uploadId: string, facts: ReceivedFacts): Promise<boolean>
  /** saving → queued, if this upload still holds it. */
  abandon(id: string, uploadId: string): Promise<boolean>
  /** The status, `deleted` included, and which upload holds the image; undefined for an id that never was. */
  state(id: string): Promise<{ status: string; uploadId: string | null } | undefined>
}

/** The sender went away, or sent less than it said. Nobody is there to read the answer. */
const brokenUpload = () => badRequest('The upload broke off.', { code: 'upload_broken' })

/** Uploads of this process. */
export class Uploads {
  readonly #records: UploadRecords
  readonly #files: FileStore
  readonly #logger: Logger
  readonly #sizeCap: number
  readonly #randomUUID: () => string
  readonly #running = new Set<Promise<unknown>>()
  /** Uploads that ended while the database was away: image by upload. */
  readonly #unsettled = new Map<string, string>()

  constructor(parts: {
    records: UploadRecords
    files: FileStore
    logger: Logger
    /** Bytes at most. */
    sizeCap: number
    randomUUID: () => string
  }) {
    this.#records = parts.records
    this.#files = parts.files
    this.#logger = parts.logger
    this.#sizeCap = parts.sizeCap
    this.#randomUUID = parts.randomUUID
  }

  /**
   * Stores the data of a queued image. Whatever fails, the image is queued again and nothing is left of the data.
   *
   * @param length bytes that the sender announced
   * @throws ApiError 400 `formats_missing`, `upload_broken`; 404; 409 `image_not_queued`; 410 `image_gone`; 413
   *   `image_too_large`, `store_full`; 415 as `checkContent`; 503 `store_denied`
   */
  async receive(image: ImageOfData, body: Readable, length: number | undefined): Promise<void> {
    const upload = this.#receive(image, body, length)
    this.#running.add(upload)
    try {
      await upload
    } finally {
      this.#running.delete(upload)
    }
  }

  /** Resolves when no upload runs any more. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running)
  }

  /** Tries again to give back images whose upload failed while the database was away. */
  async settle(): Promise<void> {
    const waiting = [...this.#unsettled]
    this.#unsettled.clear()
    for (const [uploadId, id] of waiting) await this.#giveBack(id, uploadId)
  }

  async #receive(
    { id, status, containerFormat, diskFormat }: ImageOfData,
    body: Readable,
    length: number | undefined,
  ) {
    if (status !== 'queued') throw notQueued(id, status)
    if (containerFormat === null || diskFormat === null) {
      const message = 'Properties disk_format, container_format must be set prior to saving data.'
      throw badRequest(message, { code: 'formats_missing' })
    }
    if (length !== undefined && length > this.#sizeCap) throw tooLarge(this.#sizeCap)
    const uploadId = this.#randomUUID()
    if (!(await this.#records.start(id, uploadId))) throw await this.#refusal(id)

    const facts = await this.#store(id, uploadId, { containerFormat, diskFormat }, body)
    await this.#finish(id, uploadId, facts)
  }

  async #store(
    id: string,
    uploadId: string,
    declared: DeclaredFormat,
    body: Readable,
  ): Promise<ReceivedFacts> {
    let file: PartialFile | undefined
    try {
      file = await this.#files.create(id, uploadId)
      const facts = await receive(body, file, { declared, sizeCap: this.#sizeCap })
      await file.publish()
      return facts
    } catch (error) {
      await file
        ?.discard()
        .catch((fault: unknown) => this.#logger.error({ err: fault, image: id }, 'partial file stays'))
      await this.#giveBack(id, uploadId)
      throw refusalOf(error)
    }
  }

  async #finish(id: string, uploadId: string, facts: ReceivedFacts): Promise<void> {
    try {
      if (await this.#records.finish(id, uploadId, facts)) return
    } catch (error) {
      // The answer may have been lost after the database had taken the change.
      if ((await this.#giveBack(id, uploadId)) === 'active') return
      throw error
    }
    await this.#giveBack(id, uploadId)
    throw gone(`Image ${id} was deleted during the upload.`, { code: 'image_gone' })
  }

  /**
   * Removes the data and queues the image, in this order: once it is queued the file may be another upload's. If the
   * database does not answer, `settle` does it later.
   *
   * @returns the status that was found, undefined if the database does not answer
   */
  async #giveBack(id: string, uploadId: string): Promise<string | undefined> {
    try {
      const state = await this.#records.state(id)
      const ours = state?.status === 'saving' && state.uploadId === uploadId
      if (ours || state?.status === 'deleted') await this.#files.remove(id)
      if (ours) await this.#records.abandon(id, uploadId)
      return state?.status
    } catch (error) {
      this.#unsettled.set(uploadId, id)
      this.#logger.error(
        { err: error, image: id },
        'image not given back after a failed upload, trying again',
      )
      return undefined
    }
  }

  async #refusal(id: string): Promise<ApiError> {
    const state = await this.#records.state(id)
    if (state === undefined || state.status === 'deleted') {
      return notFound(`No image found with ID ${id}`, { code: 'image_not_found' })
    }
    return notQueued(id, state.status)
  }
}

function notQueued(id: string, status: string): ApiError {
  return conflict(`Image ${id} is not queued but ${status}: its data cannot be uploaded.`, {
    code: 'image_not_queued',
  })
}

/** What a failure while writing is to the client. */
function refusalOf(error: unknown): unknown {
  if (error instanceof ApiError) return error
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ECONNRESET':
    case 'ERR_STREAM_PREMATURE_CLOSE':
      return brokenUpload()
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return requestTooLarge('Image storage media is full.', { code: 'store_full', cause: error })
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return serviceUnavailable('Insufficient permissions on image storage media.', {
        code: 'store_denied',
        cause: error,
      })
    default:
      return error
  }
}
