import { setTimeout as delay } from 'node:timers/promises'
import { HttpError } from '@longhaul/keystoneauth'
import { DriverError } from '../virt/driver.ts'
import { mayPass } from './job-error.ts'

/** As much of the Image service as an upload needs. */
export interface UploadTarget {
  get(id: string, signal?: AbortSignal): Promise<{ status: string; os_hash_value: string | null }>
  upload(
    id: string,
    path: string,
    options: { signal: AbortSignal; onProgress: (done: number, total: number) => void },
  ): Promise<void>
}

export interface UploadOptions {
  target: UploadTarget
  image: string
  path: string
  /** Digest of the file, taken before the upload. */
  sha512: string
  signal: AbortSignal
  /** Bytes sent, of how many; begins again with each try. */
  onProgress: (done: number, total: number) => void
  /** Waits between two tries. Rejects when aborted. */
  sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>
}

const firstPause = 250
const longestPause = 5000
const tries = 60

/**
 * Puts a finished file into a queued image. May be repeated: an image that holds the file already is left alone, one that
 * is being written by a broken upload is waited for. No answer, 5xx and 409 are tried again, five minutes at most.
 *
 * @throws HttpError of a refusal, ConnectFailure or ConnectTimeout when there is no answer to the end; DriverError
 *   `image_conflict` when the image holds something else, and, not terminal, `image_busy`
 */
export async function uploadImage(options: UploadOptions): Promise<void> {
  const { image, signal, sleep = (ms, stop) => delay(ms, undefined, { signal: stop }) } = options
  let pause = firstPause
  for (let left = tries; ; left--) {
    const failure = await attempt(options)
    if (failure === undefined) return
    if (left === 1 || signal.aborted) throw failure
    await sleep(pause, signal)
    pause = Math.min(pause * 2, longestPause)
  }

  /** @returns why it has to be tried again */
  async function attempt({ target, path, sha512, onProgress }: UploadOptions): Promise<unknown> {
    try {
      const { status, os_hash_value: held } = await target.get(image, signal)
      if (status === 'queued') await target.upload(image, path, { signal, onProgress })
      else if (status === 'saving') {
        return new DriverError('image_busy', `image ${image} is being written`, { terminal: false })
      } else if (status !== 'active' || held !== sha512) {
        throw new DriverError('image_conflict', `image ${image} is ${status} with other content`)
      }
      return undefined
    } catch (error) {
      // 409: another upload of ours was broken and glance has not noticed yet.
      if (mayPass(error) || (error instanceof HttpError && error.status === 409)) return error
      throw error
    }
  }
}
