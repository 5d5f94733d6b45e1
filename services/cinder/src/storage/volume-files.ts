import { constants } from 'node:fs'
import { access, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

export const gibibyte = 2 ** 30

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const fileShape = new RegExp(`^(volume|snapshot)-(${uuid})(\\.part)?$`)

/** What a file of the store belongs to. */
export interface StoredFile {
  kind: 'volume' | 'snapshot'
  id: string
}

/**
 * The files of volumes and snapshots in one directory. A volume is a raw file with holes, a snapshot a qcow2 file that
 * stands for itself. What is being written has `.part` behind its name until it is whole.
 */
export class VolumeFiles {
  readonly directory: string

  constructor(directory: string) {
    this.directory = directory
  }

  /** Makes the directory if it is missing. @throws the system's error if it cannot be written to */
  async open(): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 })
    await access(this.directory, constants.R_OK | constants.W_OK | constants.X_OK)
  }

  path({ kind, id }: StoredFile): string {
    const name = `${kind}-${id}`
    if (!fileShape.test(name)) throw new Error(`not the name of a volume's file: ${name}`)
    return join(this.directory, name)
  }

  /** Where the content of a file is made. */
  unfinished(file: StoredFile): string {
    return `${this.path(file)}.part`
  }

  /** Where data lies that is to become the content, before it is looked at and converted. */
  received(file: StoredFile): string {
    return `${this.path(file)}.part`.replace(/[^/]+$/, (name) => `received-${name}`)
  }

  /** Gives an unfinished file its size: new bytes are zeros and take no room. @param size bytes */
  async resizeUnfinished(file: StoredFile, size: number): Promise<void> {
    const handle = await open(this.unfinished(file), 'a', 0o600)
    try {
      await handle.truncate(size)
    } finally {
      await handle.close()
    }
  }

  /** Gives a volume's file that nobody has open a larger size. @param size bytes */
  async grow(id: string, size: number): Promise<void> {
    const handle = await open(this.path({ kind: 'volume', id }), 'r+')
    try {
      const { size: before } = await handle.stat()
      if (before < size) await handle.truncate(size)
      await handle.sync()
    } finally {
      await handle.close()
    }
  }

  /** Gives a whole file its name, once its content is sure to stay. */
  async publish(file: StoredFile): Promise<void> {
    const from = this.unfinished(file)
    const handle = await open(from, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(from, this.path(file))
    await this.#syncDirectory()
  }

  async exists(file: StoredFile): Promise<boolean> {
    return await access(this.path(file)).then(
      () => true,
      () => false,
    )
  }

  /** Removes a file and what is unfinished of it; none is fine. */
  async remove(file: StoredFile): Promise<void> {
    await this.removeUnfinished(file)
    await rm(this.path(file), { force: true })
    await this.#syncDirectory()
  }

  async removeUnfinished(file: StoredFile): Promise<void> {
    await rm(this.unfinished(file), { force: true })
    await rm(this.received(file), { force: true })
  }

  /** What there are files of. Files with other names are none of ours. */
  async list(): Promise<{ whole: StoredFile[]; unfinished: StoredFile[] }> {
    const found = { whole: [] as StoredFile[], unfinished: [] as StoredFile[] }
    for (const name of await readdir(this.directory)) {
      const [, kind, id, part] = fileShape.exec(name.replace(/^received-/, '')) ?? []
      if (id === undefined) continue
      found[part === undefined ? 'whole' : 'unfinished'].push({ kind: kind as StoredFile['kind'], id })
    }
    return found
  }

  /** A new or removed name survives a power cut only when the directory itself is on disk. */
  async #syncDirectory(): Promise<void> {
    const handle = await open(this.directory, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  }
}
