import { conflict } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import type { Imports } from '../image-data/imports.ts'
import type { ImageOfData } from '../image-data/uploads.ts'
import { glanceDirect } from '../import-methods.ts'
import type { ImportRequest } from './schema.ts'

interface Parts {
  /** The image, if the caller sees it and may change it. @throws ApiError 403, 404 */
  image(context: RequestContext, id: string): Promise<ImageOfData>
  imports: Imports
  randomUUID: () => string
}

/** The rules of importing. */
export class ImageImport {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /**
   * Begins an import; how it ends is seen in the image and in its task.
   *
   * @throws ApiError 403; 404; 409 `image_status`, `formats_missing`, `image_not_queued`
   */
  async start(context: RequestContext, id: string, request: ImportRequest): Promise<void> {
    const image = await this.#parts.image(context, id)
    if (image.status === 'active') throw statusForbids('Image with status active cannot be target for import')
    if (image.status !== 'uploading') {
      throw statusForbids(`Image needs to be staged before '${glanceDirect}' method can be used`)
    }
    for (const [name, format] of [
      ['container_format', image.containerFormat],
      ['disk_format', image.diskFormat],
    ]) {
      if (format === null)
        throw conflict(`'${name}' needs to be set before import`, { code: 'formats_missing' })
    }
    await this.#parts.imports.start(image, {
      id: this.#parts.randomUUID(),
      owner: context.projectId ?? null,
      imageId: image.id,
      userId: context.userId,
      requestId: context.requestId,
      input: { image_id: image.id, import_req: request, backend: [null] },
    })
  }
}

function statusForbids(message: string) {
  return conflict(message, { code: 'image_status' })
}
