import type { Logger } from '@longhaul/oslo/log'
import type { StorageDaemons } from '../storage/storage-daemons.ts'
import type { VolumeFiles } from '../storage/volume-files.ts'
import type { Worker } from './work.ts'

interface Parts {
  files: VolumeFiles
  daemons: StorageDaemons
  /** Attachments that have their volume open. */
  connected: () => Promise<{ id: string; volume_id: string; attach_mode: string | null }[]>
  known: Record<'volume' | 'snapshot', (ids: readonly string[]) => Promise<Set<string>>>
  workers: readonly Worker[]
  logger: Logger
}

/** What the death of the process before has left. */
export class Recovery {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Before the service takes requests: removes what is unfinished, opens volumes again, begins what is to be done. */
  async start(): Promise<void> {
    const { files, daemons, connected, known, logger } = this.#parts
    const { whole, unfinished } = await files.list()
    // Works that go on begin from the beginning.
    for (const file of unfinished) await files.removeUnfinished(file)
    for (const kind of ['volume', 'snapshot'] as const) {
      const ids = whole.filter((file) => file.kind === kind).map(({ id }) => id)
      const there = await known[kind](ids)
      for (const id of ids.filter((one) => !there.has(one))) {
        logger.warn({ [kind]: id }, 'a file that the database does not know is left alone')
      }
    }
    const wanted = new Map<string, Map<string, { writable: boolean }>>()
    for (const { id, volume_id: volumeId, attach_mode: mode } of await connected()) {
      const exports = wanted.get(volumeId) ?? new Map<string, { writable: boolean }>()
      wanted.set(volumeId, exports.set(id, { writable: mode !== 'ro' }))
    }
    await daemons.start(wanted)
    await this.sweep()
  }

  /** Begins what nobody does, such as what a lost connection to the database has ended. */
  async sweep(): Promise<void> {
    for (const worker of this.#parts.workers) await worker.sweep()
  }
}
