import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import type { Guest } from './tap.ts'

const guests = z.record(
  z.string(),
  z.object({ address: z.string(), port: z.int(), socket: z.int() }) satisfies z.ZodType<Guest>,
)

/**
 * Keeps which sockets the guests of ports have, so that one that is silent is found by the next process, too. What it holds is
 * of use only until the host begins anew.
 */
export class GuestFile {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** By port; nothing if there is no file, or none of ours. */
  read(): Map<string, Guest> {
    try {
      return new Map(Object.entries(guests.parse(JSON.parse(readFileSync(this.#path, 'utf8')))))
    } catch {
      return new Map()
    }
  }

  /** @throws the system's error; the old file stays */
  write(found: ReadonlyMap<string, Guest>): void {
    writeFileSync(`${this.#path}.new`, JSON.stringify(Object.fromEntries(found)), { mode: 0o600 })
    renameSync(`${this.#path}.new`, this.#path)
  }
}
