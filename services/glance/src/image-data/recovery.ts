import { giveBack, type DataPlaces } from './giving-back.ts'
import type { FileStore } from './file-store.ts'
import type { Imports } from './imports.ts'
import type { DataState, HeldUpload } from './records.ts'
import type { Running } from './running.ts'

/** How long a process may be silent before the others take it for dead, in milliseconds. */
export const workerLeaseMs = 60_000

/**
 * How long a process must have been heard itself before it judges others, in milliseconds: after the database was away
 * nobody was heard, and everybody needs a moment.
 */
export const judgeAfterMs = 20_000

interface RecoveryParts extends DataPlaces {
  running: Running
  /** Name of this process. */
  worker: string
  /** Milliseconds since 1970. */
  now: () => number
}

/**
 * Repairs what dead processes left. A process is dead if it was not heard of for `workerLeaseMs`; and what this process
 * itself holds and does not run is of the one that had its name before. A process that is taken for dead and is not does
 * no harm: the database refuses its data, and it writes no file but its own.
 */
export class Recovery {
  readonly #parts: RecoveryParts
  readonly #imports: Imports
  /** Since when this process is heard of without a long silence. */
  #heard: { since: number; last: number } | undefined

  constructor(parts: RecoveryParts, imports: Imports) {
    this.#parts = parts
    this.#imports = imports
  }

  /** For the start of a process, before it listens. */
  async start(): Promise<void> {
    await this.sweep()
    await this.#sweepFiles(this.#parts.store)
    await this.#sweepFiles(this.#parts.staging)
  }

  /** For every few seconds: queues the images of uploads that broke off, and goes on with imports. */
  async sweep(): Promise<void> {
    const { records, running, worker, logger } = this.#parts
    const mayJudge = await this.#beat()
    await records.forget()
    const held = await records.held()
    if (held.length === 0) return
    const alive = await records.workersSince(workerLeaseMs)
    const isLost = (upload: HeldUpload) =>
      !running.has(upload.uploadId) &&
      (upload.worker === worker || (mayJudge && !alive.has(upload.worker ?? '')))
    for (const upload of held.filter(isLost)) {
      logger.warn({ image: upload.imageId, status: upload.status }, 'recovering from an interrupted upload')
      if (upload.status === 'importing') this.#imports.resume(upload)
      else await giveBack(this.#parts, upload, 'The upload broke off.')
    }
  }

  /** @returns whether this process may take others for dead */
  async #beat(): Promise<boolean> {
    const { records, worker, now } = this.#parts
    await records.beat(worker)
    const last = now()
    const isSilent = this.#heard === undefined || last - this.#heard.last > judgeAfterMs
    this.#heard = { since: isSilent ? last : (this.#heard?.since ?? last), last }
    return last - this.#heard.since >= judgeAfterMs
  }

  /** Publishes what a crash left unpublished, and removes files that no image has. */
  async #sweepFiles(place: FileStore): Promise<void> {
    const { records, logger } = this.#parts
    // Files first, rows after: what is not in the rows was given up before it was listed.
    const { images, uploads } = await place.list()
    const states = await records.states([...new Set([...images, ...uploads.map(({ imageId }) => imageId)])])
    const isUnknown = (image: string) => {
      if (states.has(image)) return false
      logger.warn({ image }, 'a file of an image that the database does not know')
      return true
    }
    let removed = 0
    for (const image of images) {
      if (isUnknown(image) || isLive(states.get(image)?.dataId, states.get(image))) continue
      await place.remove(image)
      removed++
    }
    for (const upload of uploads) {
      const state = states.get(upload.imageId)
      if (isUnknown(upload.imageId)) continue
      if (isLive(upload.uploadId, state)) {
        if (place === this.#parts.store && state?.dataId === upload.uploadId) await place.publish(upload)
        continue
      }
      await place.removeUpload(upload)
      removed++
    }
    if (removed > 0) logger.warn({ files: removed }, 'removed files of interrupted uploads')
  }
}

/** Whether the image has that upload, for its data or on its way to it. */
function isLive(uploadId: string | null | undefined, state: DataState | undefined): boolean {
  if (!uploadId || state === undefined || state.status === 'deleted') return false
  return [state.dataId, state.uploadId, state.stagedId].includes(uploadId)
}
