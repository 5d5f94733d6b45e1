import { rm } from 'node:fs/promises'
import { convertImage } from '@longhaul/qemu'
import type { Turns } from '@longhaul/oslo/concurrency'
import type { RequestContext } from '@longhaul/oslo/context'
import type { Logger } from '@longhaul/oslo/log'
import type { Clients } from '../clients.ts'
import type { StorageDaemons } from '../storage/storage-daemons.ts'
import { gibibyte, type VolumeFiles } from '../storage/volume-files.ts'
import { workStatuses, type VolumeStatus } from '../volume-states.ts'
import type { Volume, VolumeStore } from '../volumes/store.ts'
import { writeImageData } from './image-data.ts'
import { copyVolume } from './copy-volume.ts'
import type { Work } from './work.ts'

interface Parts {
  store: VolumeStore
  files: VolumeFiles
  daemons: StorageDaemons
  images: Clients['images']
  tellExtended: Clients['nova']['tellExtended']
  /** Deletes the snapshots of a volume that are to be deleted. */
  deleteSnapshots: (volumeId: string) => Promise<void>
  /** Works that read or change the content of one volume follow each other. */
  turns: Turns
  logger: Logger
}

type WorkStatus = (typeof workStatuses)[number]

const creation = { from: ['creating', 'downloading'], to: 'error' } as const

/** What becomes of a work that failed. A volume that is made of an image goes from `creating` to `downloading` meanwhile. */
const failures: Record<WorkStatus, { from: readonly VolumeStatus[]; to: VolumeStatus }> = {
  creating: creation,
  downloading: creation,
  extending: { from: ['extending'], to: 'error_extending' },
  deleting: { from: ['deleting'], to: 'error_deleting' },
}

/** The token of whoever made a volume of an image ended with the process that knew it. */
class CreatorUnknown extends Error {
  override name = 'CreatorUnknown'
  readonly code = 'creator_unknown'
}

/** Creating, extending and deleting volumes. */
export class VolumeWork implements Work {
  readonly #parts: Parts
  /** Whose image a volume is made of. Tokens are not written down. */
  readonly #creators = new Map<string, RequestContext>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Keeps whose image a volume will be made of. */
  expect(id: string, context: RequestContext): void {
    this.#creators.set(id, context)
  }

  async wanted(id: string): Promise<string | undefined> {
    const status = (await this.#parts.store.get(id))?.status
    if (status === undefined) this.#creators.delete(id)
    return isWork(status) ? status : undefined
  }

  async pending(): Promise<string[]> {
    return await this.#parts.store.inStatus(workStatuses)
  }

  async perform(id: string, state: string): Promise<void> {
    const volume = await this.#parts.store.get(id)
    if (!volume) return
    switch (state as WorkStatus) {
      case 'creating':
      case 'downloading':
        return await this.#create(volume)
      case 'extending':
        return await this.#extend(volume)
      case 'deleting':
        return await this.#delete(volume)
    }
  }

  async fail(id: string, state: string): Promise<void> {
    const { store, files } = this.#parts
    this.#creators.delete(id)
    await files.removeUnfinished({ kind: 'volume', id })
    const { from, to } = failures[state as WorkStatus]
    await store.change(id, { status: to, new_size: null, previous_status: null }, { statuses: from })
  }

  async #create(volume: Volume): Promise<void> {
    const { store, files } = this.#parts
    const file = { kind: 'volume', id: volume.id } as const
    // There is one already if only the state was not written down.
    if (!(await files.exists(file))) {
      await this.#fill(volume)
      await files.resizeUnfinished(file, volume.size * gibibyte)
      await files.publish(file)
    }
    this.#creators.delete(volume.id)
    await store.change(volume.id, { status: 'available' }, { statuses: ['creating', 'downloading'] })
  }

  /** Writes the content that a new volume begins with. */
  async #fill(volume: Volume): Promise<void> {
    const { files, daemons, turns } = this.#parts
    const file = { kind: 'volume', id: volume.id } as const
    const target = files.unfinished(file)
    await files.removeUnfinished(file)
    if (volume.image_id !== null) return await this.#download(volume, volume.image_id)
    if (volume.snapshot_id !== null) {
      const snapshot = files.path({ kind: 'snapshot', id: volume.snapshot_id })
      return await convertImage(snapshot, target, { source: 'qcow2', format: 'raw' })
    }
    const source = volume.source_volid
    if (source === null) return
    const copy = files.received(file)
    await turns.take(source, () => copyVolume(daemons, source, copy))
    await convertImage(copy, target, { source: 'qcow2', format: 'raw' })
    await rm(copy)
  }

  async #download(volume: Volume, imageId: string): Promise<void> {
    const { store, files, images } = this.#parts
    const creator = this.#creators.get(volume.id)
    if (!creator) throw new CreatorUnknown('the process that knew whose image it is has ended')
    await store.change(volume.id, { status: 'downloading' }, { statuses: ['creating'] })
    const file = { kind: 'volume', id: volume.id } as const
    const places = { received: files.received(file), target: files.unfinished(file) }
    const format = volume.imageMetadata['disk_format'] ?? 'raw'
    await writeImageData(await images(creator).download(imageId), format, places, volume.size)
  }

  async #extend(volume: Volume): Promise<void> {
    const { store, daemons, turns, tellExtended, logger } = this.#parts
    const size = volume.new_size ?? volume.size
    await turns.take(volume.id, () => daemons.resize(volume.id, size * gibibyte))
    await store.finishExtension(volume.id)
    const servers = volume.attachments.flatMap(({ instance_uuid: server }) => server ?? [])
    if (servers.length === 0) return
    try {
      await tellExtended(volume.id, [...new Set(servers)])
    } catch (error) {
      // The volume is larger all the same; the guests see it when they connect again.
      logger.warn({ err: error, volume: volume.id }, 'Nova did not hear that a volume was extended')
    }
  }

  async #delete(volume: Volume): Promise<void> {
    const { store, files, daemons, turns, deleteSnapshots } = this.#parts
    await deleteSnapshots(volume.id)
    await turns.take(volume.id, async () => {
      for (const { id } of volume.attachments) await daemons.unexport(volume.id, id)
      await files.remove({ kind: 'volume', id: volume.id })
    })
    await store.remove(volume.id)
    this.#creators.delete(volume.id)
  }
}

function isWork(status: string | undefined): status is WorkStatus {
  return (workStatuses as readonly (string | undefined)[]).includes(status)
}
