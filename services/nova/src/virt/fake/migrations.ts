import { setTimeout as delay } from 'node:timers/promises'
import type { Progress } from '../../jobs-protocol.ts'
import type { Destination, Machine, Moved, Share } from '../../migration-protocol.ts'
import {
  DriverError,
  type Arrival,
  type FinishOptions,
  type IncomingOptions,
  type MigrateOptions,
  type MigrationLimits,
} from '../driver.ts'
import type { FakeGuest, FakeMigration } from './guest.ts'

export interface FakeMigrationOptions {
  /** Milliseconds that a migration without a limit of its speed takes; default 0. */
  migrationMilliseconds?: number
  /** Whether every host has the same disks; default false. */
  sharesStorage?: boolean
  /** Waits; replaced by tests. Rejects when aborted. */
  sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>
}

const steps = 10
const mebibyte = 2 ** 20
const slots = 16
const ports = { memory: 49152, disk: 49153 }

/** How pretended machines move: what is at one host knows nothing of the other one. */
export class FakeMigrations {
  readonly #guests: Map<string, FakeGuest>
  readonly #options: FakeMigrationOptions

  constructor(guests: Map<string, FakeGuest>, options: FakeMigrationOptions) {
    this.#guests = guests
    this.#options = options
  }

  describe(id: string): Machine {
    const guest = this.#guest(id)
    if (guest.migration) throw guestMigrating()
    if (guest.powerState === 'shutdown') throw new DriverError('guest_stopped', 'the guest does not run')
    const place = ({ id: device }: { id: string }, index: number) => ({ id: device, slot: index + 1 })
    return {
      name: guest.name,
      vcpus: guest.vcpus,
      memory_mb: guest.memoryMb,
      machine: 'fake',
      slots,
      image: guest.image,
      power_state: guest.powerState === 'running' ? 'running' : 'paused',
      disk: { virtual_size: guest.virtualSize, backed: true, probe: id },
      volumes: guest.volumes.map(place),
      ports: guest.ports.map((port, index) => place(port, guest.volumes.length + index)),
    }
  }

  prepare(id: string, { operation, machine, block, volumes, ports: given }: IncomingOptions): Destination {
    const { sharesStorage = false } = this.#options
    const known = this.#guests.get(id)
    if (known?.migration?.role === 'destination' && known.migration.operation === operation) {
      return known.migration.destination
    }
    if (known) throw known.migration ? guestMigrating() : guestPresent()
    if (block === true && sharesStorage)
      throw new DriverError('storage_shared', 'both hosts have the same disk')
    if (block === false && !sharesStorage) {
      throw new DriverError('storage_not_shared', 'the hosts have no storage in common')
    }
    const disk = sharesStorage ? {} : { disk: { port: ports.disk, export: 'disk', sync: 'top' as const } }
    const destination = { host: '127.0.0.1', port: ports.memory, ...disk, tls: false, post_copy: true }
    this.#guests.set(id, {
      name: machine.name,
      vcpus: machine.vcpus,
      memoryMb: machine.memory_mb,
      image: machine.image,
      powerState: 'paused',
      virtualSize: machine.disk.virtual_size,
      suspended: false,
      volumes,
      ports: given,
      migration: { role: 'destination', operation, destination },
    })
    return destination
  }

  async migrate(id: string, options: MigrateOptions): Promise<Moved> {
    const guest = this.#guest(id)
    const { operation, destination, signal, onProgress } = options
    const { bandwidth, downtime } = options
    const known = guest.migration
    if (known && (known.role !== 'source' || known.operation !== operation)) throw guestMigrating()
    if (guest.powerState === 'shutdown') throw new DriverError('guest_stopped', 'the guest does not run')
    const running = guest.powerState === 'running'
    const migration: Outgoing = known ?? {
      role: 'source',
      operation,
      running,
      phase: 'moving',
      forced: false,
      bandwidth,
      downtime,
    }
    guest.migration = migration
    const size = { memory: guest.memoryMb * mebibyte, disk: destination.disk ? guest.virtualSize : 0 }
    for (let step = 1; migration.phase === 'moving'; step++) {
      if (migration.forced || step > steps) {
        const postCopied = migration.forced && options.postCopy && destination.post_copy
        guest.powerState = 'paused'
        migration.phase = postCopied ? 'post-copied' : 'moved'
        break
      }
      try {
        await this.#wait(size.memory + size.disk, migration, signal)
      } catch (cause) {
        throw new DriverError('migration_cancelled', 'the migration was cancelled', { cause })
      }
      if (this.#guests.get(id) !== guest) throw new DriverError('guest_stopped', 'the guest has ended')
      onProgress(progressAt(size, step / steps))
    }
    return { running: migration.running, post_copy: migration.phase === 'post-copied' }
  }

  limit(id: string, { bandwidth, downtime }: MigrationLimits): void {
    const migration = this.#outgoing(id)
    Object.assign(migration, bandwidth === undefined ? {} : { bandwidth })
    Object.assign(migration, downtime === undefined ? {} : { downtime })
  }

  force(id: string): void {
    this.#outgoing(id).forced = true
  }

  finish(id: string, { operation, running }: FinishOptions): Arrival {
    const guest = this.#guest(id)
    const { migration } = guest
    if (migration && (migration.role !== 'destination' || migration.operation !== operation))
      throw guestMigrating()
    if (migration) guest.powerState = running ? 'running' : 'paused'
    guest.migration = undefined
    return { restarted: false }
  }

  confirm(id: string, operation: string): void {
    const guest = this.#guests.get(id)
    if (!guest) return
    const { migration } = guest
    const left =
      migration?.role === 'source' && migration.operation === operation && migration.phase !== 'moving'
    if (!left) throw new DriverError('guest_not_moved', 'the guest has not left this host')
    this.#guests.delete(id)
  }

  abandon(id: string, operation: string): void {
    const guest = this.#guests.get(id)
    if (!guest) return
    const { migration } = guest
    if (!migration) throw guestPresent()
    if (migration.role !== 'destination' || migration.operation !== operation) throw guestMigrating()
    this.#guests.delete(id)
  }

  reclaim(id: string, operation: string): void {
    const guest = this.#guest(id)
    const { migration } = guest
    if (!migration) return
    if (migration.role !== 'source' || migration.operation !== operation) throw guestMigrating()
    if (migration.phase === 'post-copied') {
      throw new DriverError('guest_moved', 'the guest runs at its destination')
    }
    if (guest.powerState === 'paused' && migration.running) guest.powerState = 'running'
    guest.migration = undefined
  }

  #wait(bytes: number, { bandwidth = 0 }: MigrationLimits, signal: AbortSignal): Promise<void> {
    const { migrationMilliseconds = 0, sleep = pause } = this.#options
    return sleep((bandwidth > 0 ? (bytes / bandwidth) * 1000 : migrationMilliseconds) / steps, signal)
  }

  #guest(id: string): FakeGuest {
    const guest = this.#guests.get(id)
    if (!guest) throw new DriverError('guest_absent', 'the guest is not on this host')
    return guest
  }

  #outgoing(id: string): Outgoing {
    const { migration } = this.#guest(id)
    if (migration?.role === 'source') return migration
    throw new DriverError('guest_not_migrating', 'the guest is not being migrated')
  }
}

type Outgoing = Extract<FakeMigration, { role: 'source' }>

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return delay(milliseconds, undefined, { signal })
}

function progressAt(size: { memory: number; disk: number }, part: number): Required<Progress> {
  const share = (total: number): Share => ({ total, processed: total * part, remaining: total * (1 - part) })
  const total = size.memory + size.disk
  return { done: total * part, total, memory: share(size.memory), disk: share(size.disk) }
}

export function guestMigrating(): DriverError {
  return new DriverError('guest_migrating', 'the guest is being migrated')
}

function guestPresent(): DriverError {
  return new DriverError('guest_present', 'the guest is on this host')
}
