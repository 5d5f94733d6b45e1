import type { Turns } from '@longhaul/oslo/concurrency'
import type { SnapshotStore } from '../snapshots/store.ts'
import type { SnapshotStatus } from '../snapshots/states.ts'
import type { StorageDaemons } from '../storage/storage-daemons.ts'
import type { VolumeFiles } from '../storage/volume-files.ts'
import { copyVolume } from './copy-volume.ts'
import type { Work } from './work.ts'

interface Parts {
  store: SnapshotStore
  files: VolumeFiles
  daemons: StorageDaemons
  /** Works that read or change the content of one volume follow each other. */
  turns: Turns
}

const workStatuses = ['creating', 'deleting'] as const

/** Creating and deleting snapshots. */
export class SnapshotWork implements Work {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async wanted(id: string): Promise<string | undefined> {
    const status = (await this.#parts.store.get(id))?.status
    return workStatuses.find((one) => one === status)
  }

  async pending(): Promise<string[]> {
    return await this.#parts.store.inStatus(workStatuses)
  }

  async perform(id: string, state: string): Promise<void> {
    const { store, files, daemons, turns } = this.#parts
    const file = { kind: 'snapshot', id } as const
    if (state === 'deleting') {
      await files.remove(file)
      return await store.remove(id)
    }
    const snapshot = await store.get(id)
    if (!snapshot) return
    if (!(await files.exists(file))) {
      await turns.take(snapshot.volume_id, () =>
        copyVolume(daemons, snapshot.volume_id, files.unfinished(file)),
      )
      await files.publish(file)
    }
    await store.change(id, { status: 'available' }, ['creating'])
  }

  async fail(id: string, state: string): Promise<void> {
    const { store, files } = this.#parts
    await files.removeUnfinished({ kind: 'snapshot', id })
    const status: SnapshotStatus = state === 'deleting' ? 'error_deleting' : 'error'
    await store.change(id, { status }, [state as SnapshotStatus])
  }
}
