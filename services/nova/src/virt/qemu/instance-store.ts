import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readRecord, removeRecord, syncDirectory, writeRecord } from '../../record-file.ts'
import type { StoredDevices } from './devices.ts'
import type { StoredMigration } from './migration-record.ts'
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
  /** The migration that it is in. */
  migration: string
  /** Beside the disk, for another host to see whether it has the same one. */
  probe: string
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

/** A guest's directory that is being emptied. */
const removedPrefix = '.removed-'

function isRemoved(name: string): boolean {
  return name.startsWith(removedPrefix)
}

/** The guests' directories: what is known of each, and which process belongs to it. */
export class InstanceStore {
  readonly #root: string
  readonly #disks: string

  /** @param disks directory of the disks, which other hosts may have too; default: where everything else is */
  constructor(stateDirectory: string, disks = join(stateDirectory, 'instances')) {
    this.#root = join(stateDirectory, 'instances')
    this.#disks = disks
    for (const directory of [this.#root, disks]) mkdirSync(directory, { recursive: true, mode: 0o700 })
    for (const name of readdirSync(this.#root).filter(isRemoved)) this.#empty(name)
  }

  paths(id: string): InstancePaths {
    const directory = join(this.#root, id)
    const storage = join(this.#disks, id)
    return {
      directory,
      disk: join(storage, 'disk.qcow2'),
      probe: join(storage, 'probe'),
      migration: join(directory, 'migration.json'),
      console: join(directory, 'console.log'),
      errors: join(directory, 'qemu.log'),
      record: join(directory, 'instance.json'),
      guest: join(directory, 'guest.json'),
      memory: join(directory, 'memory'),
      reboot: join(directory, 'reboot.json'),
    }
  }

  ids(): string[] {
    return readdirSync(this.#root).filter((name) => !isRemoved(name))
  }

  /** All disks, also those of guests of other hosts. */
  disks(): string[] {
    return readdirSync(this.#disks)
      .map((id) => join(this.#disks, id, 'disk.qcow2'))
      .filter((disk) => existsSync(disk))
  }

  exists(id: string): boolean {
    return existsSync(join(this.#root, id))
  }

  /** Makes a guest's directory, and writes down what the guest is started with. */
  create(id: string, guest: StoredGuest): void {
    this.#makeDirectories(id)
    this.setGuest(id, guest)
  }

  /** Makes the directory of a guest that is awaited: from the first moment on it is one that must not run yet. */
  createIncoming(id: string, guest: StoredGuest, migration: StoredMigration): void {
    this.#makeDirectories(id)
    this.setMigration(id, migration)
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

  migration(id: string): StoredMigration | undefined {
    return readRecord(this.paths(id).migration) as StoredMigration | undefined
  }

  setMigration(id: string, migration: StoredMigration): void {
    writeRecord(this.paths(id).migration, migration)
  }

  forgetMigration(id: string): void {
    const { migration, directory } = this.paths(id)
    removeRecord(migration)
    syncDirectory(directory)
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

  /** @param what.keepDisk it is another host's too */
  remove(id: string, { keepDisk = false }: { keepDisk?: boolean } = {}): void {
    const { directory, disk } = this.paths(id)
    const apart = dirname(disk) !== directory
    // What is known of the guest goes last, and in one step: until then it can be removed again.
    if (apart && !keepDisk) rmSync(dirname(disk), { recursive: true, force: true })
    if (!existsSync(directory)) return
    const removed = `${removedPrefix}${id}`
    this.#empty(removed)
    renameSync(directory, join(this.#root, removed))
    syncDirectory(this.#root)
    this.#empty(removed)
  }

  #empty(name: string): void {
    rmSync(join(this.#root, name), { recursive: true, force: true })
  }

  #makeDirectories(id: string): void {
    const { directory, disk } = this.paths(id)
    for (const made of new Set([directory, dirname(disk)])) {
      mkdirSync(made, { recursive: true, mode: 0o700 })
      syncDirectory(dirname(made))
    }
  }
}
