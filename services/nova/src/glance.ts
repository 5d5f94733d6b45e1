import { createReadStream, statSync } from 'node:fs'
import type { Readable } from 'node:stream'
import type { Adapter } from '@longhaul/keystoneauth'

/** What nova reads of an image. */
export interface Image {
  id: string
  name: string | null
  status: string
  owner: string
  visibility: string
  size: number | null
  disk_format: string | null
  container_format: string | null
  min_disk: number
  min_ram: number
  os_hash_algo: string | null
  os_hash_value: string | null
  [property: string]: unknown
}

export interface PatchStep {
  op: 'add' | 'replace' | 'remove'
  path: string
  value?: unknown
}

/** The Image service, as the holder of the adapter's auth. Errors are keystoneauth's. @see Image API v2 */
export class ImageClient {
  readonly #adapter: Adapter

  constructor(adapter: Adapter) {
    this.#adapter = adapter
  }

  async get(id: string, signal?: AbortSignal): Promise<Image> {
    return (await this.#adapter.get(`/v2/images/${id}`, signal ? { signal } : {})).json<Image>()
  }

  async create(image: Record<string, unknown>): Promise<Image> {
    return (await this.#adapter.post('/v2/images', { json: image })).json<Image>()
  }

  async patch(id: string, steps: readonly PatchStep[]): Promise<Image> {
    const headers = { 'Content-Type': 'application/openstack-images-v2.1-json-patch' }
    return (
      await this.#adapter.patch(`/v2/images/${id}`, { headers, body: JSON.stringify(steps) })
    ).json<Image>()
  }

  /**
   * Sends a file in constant memory; a repeated sending begins at its start.
   *
   * @param options.onProgress bytes that were handed to the connection, of how many
   */
  async upload(
    id: string,
    path: string,
    options: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void } = {},
  ): Promise<void> {
    const { signal, onProgress = () => {} } = options
    const { size } = statSync(path)
    await this.#adapter.put(`/v2/images/${id}/file`, {
      // A slow store may take its time with the last bytes.
      timeout: 0,
      headers: { 'Content-Type': 'application/octet-stream' },
      body: { open: () => counted(path, (done) => onProgress(done, size)), length: size },
      ...(signal ? { signal } : {}),
    })
  }

  /** The data of an active image; read it to its end or destroy it. */
  async download(id: string, signal?: AbortSignal): Promise<Readable> {
    const options = { stream: true, ...(signal ? { signal } : {}) }
    return (await this.#adapter.get(`/v2/images/${id}/file`, options)).body
  }

  async delete(id: string): Promise<void> {
    await this.#adapter.delete(`/v2/images/${id}`)
  }
}

/** The file is opened when the first chunk is asked for: an upload that never begins leaves nothing open. */
function counted(path: string, count: (bytes: number) => void): AsyncIterable<Uint8Array> {
  return (async function* () {
    let bytes = 0
    for await (const chunk of createReadStream(path)) {
      yield chunk as Buffer
      bytes += (chunk as Buffer).length
      count(bytes)
    }
  })()
}
