import type { Progress } from '../../jobs-protocol.ts'
import type { Share } from '../../migration-protocol.ts'

const none: Share = { total: 0, processed: 0, remaining: 0 }

/**
 * How far a migration is. QEMU goes through the memory again and again, and says nothing of it any more once it was
 * cancelled or has failed: what it said last stays.
 */
export class MigrationProgress {
  #memory: Share
  #disk: Share

  /** @param memory bytes that there are at least @param disk bytes to copy; 0: the disk is shared */
  constructor(memory: number, disk: number) {
    this.#memory = { ...none, total: memory, remaining: memory }
    this.#disk = { ...none, total: disk, remaining: disk }
  }

  memory({ total, transferred, remaining }: { total: number; transferred: number; remaining: number }): void {
    this.#memory = further(this.#memory, { total, processed: transferred, remaining })
  }

  disk({ offset, len }: { offset: number; len: number }): void {
    // Nothing to copy is known of a job that has only just begun.
    if (len > 0) this.#disk = further(this.#disk, { total: len, processed: offset, remaining: len - offset })
  }

  /** The disk was copied. */
  diskDone(): void {
    this.#disk = { ...this.#disk, remaining: 0 }
  }

  get value(): Required<Progress> {
    const [memory, disk] = [this.#memory, this.#disk]
    const total = memory.total + disk.total
    return { done: total - memory.remaining - disk.remaining, total, memory, disk }
  }
}

function further(before: Share, now: Share): Share {
  // Memory of devices comes in addition when the migration has begun; what the guest writes, in addition to the disk.
  const more = Math.max(0, now.total - before.total)
  return {
    total: before.total + more,
    processed: Math.max(before.processed, now.processed),
    remaining: Math.min(before.remaining, now.remaining),
  }
}
