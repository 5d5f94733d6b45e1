import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { BackupResult } from '../../jobs-protocol.ts'
import { readRecord, removeRecord, writeRecord } from '../../record-file.ts'

/** What must survive a restart of the agent. */
export interface BackupRecord {
  server: string
  /**
   * `copying`: QEMU's job has the data; `copied`: it has concluded, QEMU may still hold the file; `converting`: qemu-img
   * reads a stopped guest's disk; `done`: the file is whole and nobody writes to it.
   */
  phase: 'copying' | 'copied' | 'converting' | 'done'
  console_offset: { before: number; after?: number }
}

/** The backups of a host, each a qcow2 file with a record beside it. */
export class BackupStore {
  readonly #directory: string

  constructor(stateDirectory: string) {
    this.#directory = join(stateDirectory, 'backups')
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 })
  }

  imagePath(operation: string): string {
    return join(this.#directory, `${operation}.qcow2`)
  }

  read(operation: string): BackupRecord | undefined {
    return readRecord(this.#record(operation)) as BackupRecord | undefined
  }

  write(operation: string, record: BackupRecord): void {
    writeRecord(this.#record(operation), record)
  }

  /** Makes way for a new image. */
  clear(operation: string): void {
    rmSync(this.imagePath(operation), { force: true })
  }

  /** The record goes last: without it nobody would know that there is something to remove. */
  remove(operation: string): void {
    this.clear(operation)
    removeRecord(this.#record(operation))
  }

  /** Removes what a guest's last process was writing: it may have ended before it had closed the file. */
  dropUnfinished(server: string): void {
    for (const name of readdirSync(this.#directory)) {
      const operation = name.replace(/\.json$/, '')
      const record = operation === name ? undefined : this.read(operation)
      const inQemu = record?.phase === 'copying' || record?.phase === 'copied'
      if (record?.server === server && inQemu) this.remove(operation)
    }
  }

  #record(operation: string): string {
    return join(this.#directory, `${operation}.json`)
  }
}

/** Both ends of the span of output that the point in time falls into. */
export function offsetsOf({
  console_offset: { before, after },
}: BackupRecord): BackupResult['console_offset'] {
  return { before, after: after ?? before }
}
