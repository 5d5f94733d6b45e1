import { addAbortSignal } from 'node:stream'
import type { NewTask } from '../tasks/task.ts'
import type { Upload } from './file-store.ts'
import { giveBack } from './giving-back.ts'
import type { DeclaredFormat } from './content-check.ts'
import type { HeldUpload } from './records.ts'
import type { ImageOfData, Uploads, WriterParts } from './uploads.ts'
import { notWritable } from './write-errors.ts'

/** Imports: staged data is brought into the store while its client looks on. */
export class Imports {
  readonly #parts: WriterParts
  readonly #uploads: Uploads
  readonly #stopping = new AbortController()

  constructor(parts: WriterParts, uploads: Uploads) {
    this.#parts = parts
    this.#uploads = uploads
  }

  /**
   * Begins the import of an image's staged data, and goes on with it after it has returned. Refused data fails the task
   * and queues the image.
   *
   * @throws ApiError 404; 409 `image_not_queued` if the data is not, or not wholly, staged
   */
  async start(image: ImageOfData, task: NewTask): Promise<void> {
    const { records, worker, randomUUID } = this.#parts
    const upload = { imageId: image.id, uploadId: randomUUID() }
    const begun = Promise.withResolvers<boolean>()
    void this.#run(upload, async () => {
      try {
        begun.resolve(await records.startImport(upload, worker, task))
      } catch (error) {
        begun.reject(error)
      }
      return await begun.promise
    })
    if (!(await begun.promise)) throw notWritable(image.id, (await records.state(image.id))?.status)
  }

  /** Goes on with an import whose process is dead, from its beginning. */
  resume(held: HeldUpload): void {
    const { records, store, worker, randomUUID } = this.#parts
    const upload = { imageId: held.imageId, uploadId: randomUUID() }
    void this.#run(upload, async () => {
      if (!(await records.takeOver(held, upload, worker))) return false
      await store.removeUpload(held)
      return true
    })
  }

  /** Stops what runs; the next start of a process goes on with it. */
  stop(): void {
    this.#stopping.abort()
  }

  /** Never rejects: what fails is in the task and in the log. */
  async #run(upload: Upload, begin: () => Promise<boolean>): Promise<void> {
    const { running, logger } = this.#parts
    await running.track(upload.uploadId, async () => {
      try {
        if (await begin()) await this.#bring(upload)
      } catch (error) {
        logger.warn({ err: error, image: upload.imageId }, 'import failed')
      }
    })
  }

  async #bring(upload: Upload): Promise<void> {
    const { records, store, staging } = this.#parts
    const { stagedId, owner, ...formats } = (await records.state(upload.imageId)) ?? {}
    const staged = stagedId ? { imageId: upload.imageId, uploadId: stagedId } : undefined
    const data = staged && (await staging.readUpload(staged))
    const declared = declaredFormat(formats)
    if (!staged || !data || !declared) {
      await giveBack(this.#parts, upload, 'The staged data cannot be found.')
      throw new Error(`no staged data of image ${upload.imageId}`)
    }
    const body = data.stream()
    const { signal } = this.#stopping
    const facts = await this.#uploads.write(
      upload,
      store,
      async (file) => {
        const limits = await this.#uploads.limits(owner ?? null)
        return await this.#uploads.receive(addAbortSignal(signal, body), file, declared, limits)
      },
      async (reason) => {
        body.destroy()
        if (!signal.aborted) await giveBack(this.#parts, upload, reason)
      },
    )
    await this.#uploads.finish(upload, facts)
    await staging.removeUpload(staged)
  }
}

function declaredFormat(formats: {
  containerFormat?: string | null
  diskFormat?: string | null
}): DeclaredFormat | undefined {
  const { containerFormat, diskFormat } = formats
  return containerFormat && diskFormat ? { containerFormat, diskFormat } : undefined
}
