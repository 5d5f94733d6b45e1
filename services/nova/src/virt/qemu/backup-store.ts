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

const recordSuffix = '.json'

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

  /** Operations that have begun to copy a guest's disk and are not done. */
  unfinished(server: string): string[] {
    return readdirSync(this.#directory)
      .filter((name) => name.endsWith(recordSuffix))
      .map((name) => name.slice(0, -recordSuffix.length))
      .filter((operation) => {
        const record = this.read(operation)
        return record?.server === server && record.phase !== 'done'
      })
  }

  #record(operation: string): string {
    return join(this.#directory, `${operation}${recordSuffix}`)
  }
}

/** Both ends of the span of output that the point in time falls into. */
export function offsetsOf({
  console_offset: { before, after },
}: BackupRecord): BackupResult['console_offset'] {
  return { before, after: after ?? before }
}
