import type { Readable } from 'node:stream'
import { badRequest } from '@longhaul/oslo/api'
import { inspectorFor, type DeclaredFormat } from './content-check.ts'
import type { DataFacts } from './data-facts.ts'
import type { FileStore, Upload, UploadFile } from './file-store.ts'
import { giveBack, isTaken, type DataPlaces } from './giving-back.ts'
import { assertWithin, quotaLimit, receive, receiveAsItIs, sizeCapLimit, type SizeLimit } from './receive.ts'
import type { Running } from './running.ts'
import { lostImage, notWritable, reasonOf, refusalOf } from './write-errors.ts'

/** As much of an image as its data needs. */
export interface ImageOfData {
  id: string
  status: string
  owner: string | null
  containerFormat: string | null
  diskFormat: string | null
}

/** What an operator may set about data. */
export interface DataSettings {
  /** Bytes of an image at most. */
  sizeCap: number
  /** Bytes of a project's images together; undefined for no limit. */
  storageQuota: number | undefined
  /** Whether data must be of the declared disk format. */
  requireFormatMatch: boolean
}

/** What the writers of data share. */
export interface WriterParts extends DataPlaces {
  running: Running
  /** Name of this process in the database. */
  worker: string
  settings: DataSettings
  randomUUID: () => string
}

/** Uploads of clients. Whatever fails, the image is queued again and nothing is left of the data. */
export class Uploads {
  readonly #parts: WriterParts

  constructor(parts: WriterParts) {
    this.#parts = parts
  }

  /**
   * Stores the data of a queued image, which is active then.
   *
   * @param length bytes that the sender announced
   * @throws ApiError 400 `formats_missing`, `upload_broken`; 404; 409 `image_not_queued`, `upload_lost`; 410 `image_gone`;
   *   413 `image_too_large`, `storage_quota_exceeded`, `store_full`; 415 as `Inspector`; 503 `store_denied`
   */
  async upload(image: ImageOfData, body: Readable, length: number | undefined): Promise<void> {
    if (image.status !== 'queued') throw notWritable(image.id, image.status)
    assertFormats(image)
    const limits = await this.limits(image.owner)
    assertWithin(length ?? 0, limits)
    const { records, store, running, worker } = this.#parts
    const upload = this.#newUpload(image)
    await running.track(upload.uploadId, async () => {
      if (!(await records.startUpload(upload, worker))) throw await this.#refusal(image.id)
      const facts = await this.write(upload, store, async (file) => {
        // Only now nobody changes them any more.
        const formats = (await records.state(image.id)) ?? image
        return await this.receive(body, file, assertFormats(formats), limits)
      })
      await this.finish(upload, facts)
    })
  }

  /**
   * Puts data of a queued image where its import finds it. Nothing but its size is looked at.
   *
   * @throws ApiError as `upload`, but for the formats and their check
   */
  async stage(image: ImageOfData, body: Readable, length: number | undefined): Promise<void> {
    if (image.status !== 'queued') throw notWritable(image.id, image.status)
    const { records, staging, running, worker, settings } = this.#parts
    const limits = [sizeCapLimit(settings.sizeCap)]
    assertWithin(length ?? 0, limits)
    const upload = this.#newUpload(image)
    await running.track(upload.uploadId, async () => {
      if (!(await records.startStage(upload, worker))) throw await this.#refusal(image.id)
      const size = await this.write(upload, staging, (file) => receiveAsItIs(body, file, limits))
      await this.#settle(upload, async () => await records.finishStage(upload, size))
    })
  }

  /** What an owner's image may hold. */
  async limits(owner: string | null): Promise<SizeLimit[]> {
    const { records, settings } = this.#parts
    const limits = [sizeCapLimit(settings.sizeCap)]
    if (settings.storageQuota !== undefined) {
      limits.push(quotaLimit(settings.storageQuota - (await records.usage(owner))))
    }
    return limits
  }

  /** Takes data for the store: hashed and judged. */
  async receive(
    body: Readable,
    file: UploadFile,
    declared: DeclaredFormat,
    limits: readonly SizeLimit[],
  ): Promise<DataFacts> {
    const { requireFormatMatch: requireMatch } = this.#parts.settings
    return await receive(body, file, { inspect: inspectorFor(declared, { requireMatch }), limits })
  }

  /** Makes a complete upload the image's data. @throws ApiError 409, 410, 413 as `upload` */
  async finish(upload: Upload, facts: DataFacts): Promise<void> {
    const { records, store, settings, logger } = this.#parts
    await this.#settle(upload, async () => {
      const end = await records.finishUpload(upload, facts, settings.storageQuota)
      if (end === 'over_quota') throw quotaLimit(0).refusal()
      return end === 'taken'
    })
    try {
      await store.publish(upload)
    } catch (error) {
      // The data is found under the upload's name, too, and the next start publishes it.
      logger.error({ err: error, image: upload.imageId }, 'data not published')
    }
  }

  /**
   * Fills the file of an upload that the database knows of.
   *
   * @param undo what follows a failure, once the file is gone; default `giveBack`
   * @throws ApiError as `upload`
   */
  async write<T>(
    upload: Upload,
    place: FileStore,
    fill: (file: UploadFile) => Promise<T>,
    undo: (reason: string) => Promise<unknown> = (reason) => giveBack(this.#parts, upload, reason),
  ): Promise<T> {
    let file: UploadFile | undefined
    try {
      file = await place.create(upload)
      const facts = await fill(file)
      await file.complete()
      return facts
    } catch (error) {
      await file
        ?.discard()
        .catch((fault: unknown) =>
          this.#parts.logger.error(
            { err: fault, image: upload.imageId },
            'the file of a failed upload stays',
          ),
        )
      await undo(reasonOf(error))
      throw refusalOf(error)
    }
  }

  /** Lets the database take what is complete. */
  async #settle(upload: Upload, take: () => Promise<boolean>): Promise<void> {
    let failure: unknown
    try {
      if (await take()) return
    } catch (error) {
      failure = error
    }
    const state = await giveBack(this.#parts, upload, reasonOf(failure))
    // The answer may have been lost after the database had taken the change.
    if (isTaken(state, upload)) return
    throw failure ?? lostImage(upload.imageId, state?.status)
  }

  #newUpload({ id }: ImageOfData): Upload {
    return { imageId: id, uploadId: this.#parts.randomUUID() }
  }

  async #refusal(id: string) {
    return notWritable(id, (await this.#parts.records.state(id))?.status)
  }
}

/** @throws ApiError 400 `formats_missing` */
/** The formats of an image that has both. @throws ApiError 400 `formats_missing` */
function assertFormats({
  containerFormat,
  diskFormat,
}: Pick<ImageOfData, 'containerFormat' | 'diskFormat'>): DeclaredFormat {
  if (containerFormat !== null && diskFormat !== null) return { containerFormat, diskFormat }
  const missing = Object.entries({ disk_format: diskFormat, container_format: containerFormat })
    .filter(([, format]) => format === null)
    .map(([name]) => name)
  const subject = missing.length > 1 ? 'Properties' : 'Property'
  throw badRequest(`${subject} ${missing.join(', ')} must be set prior to saving data.`, {
    code: 'formats_missing',
  })
}
