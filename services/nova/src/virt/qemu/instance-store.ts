import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readRecord, removeRecord, syncDirectory, writeRecord } from '../../record-file.ts'
import type { StoredDevices } from './devices.ts'
import type { GuestProcess } from './process.ts'

/** Paths of one guest. */
export interface InstancePaths {
  directory: string
  disk: string
  console: string
  errors: string
  /** Which process it is. */
  record: string
  /** What it is started with. */
  guest: string
  /** What a suspended guest had in memory; whoever lets the guest run removes it first. */
  memory: string
  /** The reboot that was begun last. */
  reboot: string
}

/** What a guest is started with, whenever that is. */
export interface StoredGuest extends StoredDevices {
  name: string
  vcpus: number
  memoryMb: number
  /** Id of the image that it was made from. */
  image: string
  /** What it was started with last: as long as it has that memory, it is started with that again. */
  hardware?: StoredHardware
}

export interface StoredHardware {
  /** QEMU's machine type. */
  machine: string
  /** Places for devices. */
  slots: number
}

/** A reboot and the process that it ends: any other one is the one it has started. */
export interface StoredReboot {
  operation: string
  process: GuestProcess | null
}

/** The guests' directories: what is known of each, and which process belongs to it. */
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
      guest: join(directory, 'guest.json'),
      memory: join(directory, 'memory'),
      reboot: join(directory, 'reboot.json'),
    }
  }

  ids(): string[] {
    return readdirSync(this.#root)
  }

  exists(id: string): boolean {
    return existsSync(join(this.#root, id))
  }

  /** Makes a guest's directory, and writes down what the guest is started with. */
  create(id: string, guest: StoredGuest): void {
    const { directory } = this.paths(id)
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    syncDirectory(dirname(directory))
    this.setGuest(id, guest)
  }

  guest(id: string): StoredGuest | undefined {
    const found = readRecord(this.paths(id).guest)
    // One of an earlier release has no devices.
    return found ? ({ volumes: [], ports: [], ...found } as unknown as StoredGuest) : undefined
  }

  setGuest(id: string, guest: StoredGuest): void {
    writeRecord(this.paths(id).guest, guest)
  }

  /** What was written down last; that process may have ended. */
  process(id: string): GuestProcess | undefined {
    return readRecord(this.paths(id).record) as GuestProcess | undefined
  }

  remember(id: string, { pid, startTime }: GuestProcess): void {
    writeRecord(this.paths(id).record, { pid, startTime })
  }

  reboot(id: string): StoredReboot | undefined {
    return readRecord(this.paths(id).reboot) as StoredReboot | undefined
  }

  setReboot(id: string, reboot: StoredReboot): void {
    writeRecord(this.paths(id).reboot, reboot)
  }

  isSuspended(id: string): boolean {
    return existsSync(this.paths(id).memory)
  }

  /** The guest goes on from its disk, or has been given its memory. */
  forgetMemory(id: string): void {
    const { memory, directory } = this.paths(id)
    removeRecord(memory)
    syncDirectory(directory)
  }

  remove(id: string): void {
    rmSync(join(this.#root, id), { recursive: true, force: true })
  }
}
