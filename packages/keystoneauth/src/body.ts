import { Readable } from 'node:stream'

/**
 * A request body. One that can be opened again (`open`) is sent anew by a retry; a plain stream is sent once and such a
 * request is never retried: half of a body must not pass for the whole.
 */
export type BodySource =
  | string
  | Uint8Array
  | Readable
  | {
      open(): Readable | AsyncIterable<Uint8Array>
      /** Bytes, when known: sent as Content-Length. */
      length?: number
    }

/** A body on its way. */
export interface OpenedBody {
  /** The form undici takes. */
  content: string | Uint8Array | Readable | null
  /** Bytes, when the source says so. */
  length: number | undefined
  /** The error of the source itself, if it was the source that broke the sending. */
  failure(): Error | undefined
  close(): void
}

export function isReplayable(body: BodySource | undefined): boolean {
  return !(body instanceof Readable)
}

/** Opens a body for one sending. What it opens is closed with the sending, however that ends. */
export function openBody(body: BodySource | undefined): OpenedBody {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
    return { content: body ?? null, length: undefined, failure: () => undefined, close: () => undefined }
  }
  const opened = body instanceof Readable ? body : body.open()
  const source = opened instanceof Readable ? opened : Readable.from(opened)
  // undici destroys what it is given with its own error; a stream in between keeps the two causes apart.
  const content = Readable.from(source, { objectMode: false })
  let failure: Error | undefined
  source.on('error', (error) => {
    // Otherwise it is the echo of a sending that has ended already.
    if (!content.destroyed) failure ??= error
  })
  content.once('close', () => source.destroy())
  return {
    content,
    length: body instanceof Readable ? undefined : body.length,
    failure: () => failure,
    close: () => void content.destroy(),
  }
}
