import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** Digests of a whole file, in constant memory. @throws the signal's reason */
export async function digestsOf(
  path: string,
  signal: AbortSignal,
): Promise<{ size: number; sha512: string; md5: string }> {
  const sha512 = createHash('sha512')
  const md5 = createHash('md5')
  let size = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
    signal.throwIfAborted()
    size += (chunk as Buffer).length
    sha512.update(chunk as Buffer)
    md5.update(chunk as Buffer)
  }
  return { size, sha512: sha512.digest('hex'), md5: md5.digest('hex') }
}
