import type { FileHandle } from 'node:fs/promises'

/** Bytes that are gathered before they are written. */
const batchSize = 1024 * 1024

/** Gathers the small chunks of the network into few writes. */
export class BatchWriter {
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
