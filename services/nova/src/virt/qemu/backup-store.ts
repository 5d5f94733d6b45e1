import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BackupResult } from '../../jobs-protocol.ts'

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
    const file = this.#record(operation)
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as BackupRecord) : undefined
  }

  write(operation: string, record: BackupRecord): void {
    const file = this.#record(operation)
    writeFileSync(`${file}.new`, JSON.stringify(record), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }

  /** Makes way for a new image. */
  clear(operation: string): void {
    rmSync(this.imagePath(operation), { force: true })
  }

  /** The record goes last: without it nobody would know that there is something to remove. */
  remove(operation: string): void {
    this.clear(operation)
    rmSync(this.#record(operation), { force: true })
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
