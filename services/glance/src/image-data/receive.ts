import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { requestTooLarge, type ApiError } from '@longhaul/oslo/api'
import { headLength, type Inspector } from './content-check.ts'
import type { DataFacts } from './data-facts.ts'

/** How much may come, and what is said of more. */
export interface SizeLimit {
  /** Bytes. */
  max: number
  refusal: () => ApiError
}

/** Where data goes. */
interface Sink {
  append(chunk: Uint8Array): Promise<void>
}

/**
 * Takes a stream chunk by chunk: counts, hashes, judges the beginning, hands on. The next chunk is asked for when the
 * last is written, so memory stays flat and a slow disk slows the sender. The stream is left open when it is refused.
 *
 * @throws ApiError as `inspect` and the limits; the stream's error if it breaks; what `append` throws
 */
export async function receive(
  body: Readable,
  file: Sink,
  { inspect, limits }: { inspect: Inspector; limits: readonly SizeLimit[] },
): Promise<DataFacts> {
  const md5 = createHash('md5')
  const sha512 = createHash('sha512')
  let head: Uint8Array | undefined = new Uint8Array(0)
  let virtualSize: number | undefined

  const take = async (chunk: Uint8Array) => {
    md5.update(chunk)
    sha512.update(chunk)
    await file.append(chunk)
  }
  const judge = async (first: Uint8Array) => {
    virtualSize = inspect(first.subarray(0, headLength)).virtualSize
    head = undefined
    await take(first)
  }
  const size = await receiveAsItIs(
    body,
    {
      async append(chunk) {
        if (head === undefined) return await take(chunk)
        head = Buffer.concat([head, chunk])
        if (head.length >= headLength) await judge(head)
      },
    },
    limits,
  )
  if (head !== undefined) await judge(head)
  return {
    size,
    virtualSize: virtualSize ?? inspect.virtualSizeOf(size) ?? null,
    checksum: md5.digest('hex'),
    hashAlgorithm: 'sha512',
    hashValue: sha512.digest('hex'),
  }
}

/** Takes a stream as `receive`, and only counts. @returns bytes */
export async function receiveAsItIs(
  body: Readable,
  file: Sink,
  limits: readonly SizeLimit[],
): Promise<number> {
  let size = 0
  for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    assertWithin(size, limits)
    await file.append(chunk)
  }
  return size
}

/** @throws ApiError of the first limit that so many bytes exceed */
export function assertWithin(bytes: number, limits: readonly SizeLimit[]): void {
  const exceeded = limits.find(({ max }) => bytes > max)
  if (exceeded) throw exceeded.refusal()
}

/** The largest size that an image may have, `image_size_cap`. */
export function sizeCapLimit(max: number): SizeLimit {
  return {
    max,
    refusal: () =>
      requestTooLarge(`The incoming image is too large: it exceeds the largest size allowed, ${max} bytes.`, {
        code: 'image_too_large',
      }),
  }
}

/** What is left of `user_storage_quota`. @param max bytes; less than 0 if there is more than allowed already */
export function quotaLimit(max: number): SizeLimit {
  return {
    max,
    refusal: () =>
      requestTooLarge('Image exceeds the storage quota of its project.', { code: 'storage_quota_exceeded' }),
  }
}
