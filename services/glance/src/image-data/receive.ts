import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { requestTooLarge } from '@longhaul/oslo/api'
import { checkContent, headLength, type DeclaredFormat } from './content-check.ts'

/** What is known of data when it has all come. */
export interface ReceivedFacts {
  /** Bytes. */
  size: number
  /** Bytes of the disk as a guest sees it; null if the format does not say. */
  virtualSize: number | null
  /** MD5, hex. */
  checksum: string
  hashAlgorithm: 'sha512'
  /** SHA-512, hex. */
  hashValue: string
}

/**
 * Takes a stream chunk by chunk: counts, hashes, judges the beginning, hands on. The next chunk is asked for when the
 * last is written, so memory stays flat and a slow disk slows the sender. The stream is left open when it is refused.
 *
 * @param sizeCap bytes at most
 * @throws ApiError 413 `image_too_large`, 415 as `checkContent`; the stream's error if it breaks; what `append` throws
 */
export async function receive(
  body: Readable,
  file: { append(chunk: Uint8Array): Promise<void> },
  { declared, sizeCap }: { declared: DeclaredFormat; sizeCap: number },
): Promise<ReceivedFacts> {
  const md5 = createHash('md5')
  const sha512 = createHash('sha512')
  let size = 0
  let head: Uint8Array | undefined = new Uint8Array(0)
  let virtualSize: number | undefined

  const take = async (chunk: Uint8Array) => {
    md5.update(chunk)
    sha512.update(chunk)
    await file.append(chunk)
  }
  for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > sizeCap) throw tooLarge(sizeCap)
    if (head === undefined) {
      await take(chunk)
      continue
    }
    head = Buffer.concat([head, chunk])
    if (head.length < headLength) continue
    virtualSize = checkContent(head.subarray(0, headLength), declared).virtualSize
    await take(head)
    head = undefined
  }
  if (head !== undefined) {
    virtualSize = checkContent(head, declared).virtualSize
    await take(head)
  }
  if (virtualSize === undefined && declared.diskFormat === 'raw') virtualSize = size
  return {
    size,
    virtualSize: virtualSize ?? null,
    checksum: md5.digest('hex'),
    hashAlgorithm: 'sha512',
    hashValue: sha512.digest('hex'),
  }
}

/** The refusal of data over the limit. */
export function tooLarge(sizeCap: number) {
  return requestTooLarge(`The image exceeds the largest size allowed, ${sizeCap} bytes.`, {
    code: 'image_too_large',
  })
}
