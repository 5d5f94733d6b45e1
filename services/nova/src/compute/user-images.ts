import type { Readable } from 'node:stream'
import type { ImageFacts } from './image-cache.ts'
import type { UploadTarget } from './upload.ts'

/** The Image service as one user sees it. */
export interface UserImages extends UploadTarget {
  get(id: string, signal?: AbortSignal): Promise<ImageFacts>
  download(id: string, signal?: AbortSignal): Promise<Readable>
}
