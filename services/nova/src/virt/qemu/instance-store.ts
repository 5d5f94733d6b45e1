import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { readRecord, writeRecord } from '../../record-file.ts'
import type { GuestProcess } from './process.ts'

/** Paths of one guest. */
export interface InstancePaths {
  directory: string
  disk: string
  console: string
  errors: string
  record: string
}

/** The guests' directories, and which process belongs to which. */
export class InstanceStore {
  readonly #root: string

  constructor(stateDirectory: string) {
    this.#root = join(stateDirectory, 'instances')
    mkdirSync(this.#root, { recursive: true, mode: 0o700 })
  }

  paths(id: string): InstancePaths {
    const directory = join(this.#root, id)
    return {
      directory,
      disk: join(directory, 'disk.qcow2'),
      console: join(directory, 'console.log'),
      errors: join(directory, 'qemu.log'),
      record: join(directory, 'instance.json'),
    }
  }

  ids(): string[] {
    return readdirSync(this.#root)
  }

  exists(id: string): boolean {
    return existsSync(join(this.#root, id))
  }

  /** What was written down last; that process may have ended. */
  process(id: string): GuestProcess | undefined {
    return readRecord(this.paths(id).record) as GuestProcess | undefined
  }

  remember(id: string, { pid, startTime }: GuestProcess): void {
    writeRecord(this.paths(id).record, { pid, startTime })
  }

  remove(id: string): void {
    rmSync(join(this.#root, id), { recursive: true, force: true })
  }
}
