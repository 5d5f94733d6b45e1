import { hash, verify } from '@node-rs/bcrypt'

// bcrypt reads no more; Keystone cuts there as well.
const bcryptBytes = 72
// A hash costs a fifth of a second of a core: more at once would only make everybody wait.
const concurrentHashes = 2

/** Hashes and checks passwords off the event loop, a few at a time. */
export class Passwords {
  readonly #rounds: number
  #running = 0
  readonly #waiting: (() => void)[] = []
  #decoy: Promise<string> | undefined

  /** @param rounds cost of new hashes; an old hash carries its own */
  constructor(rounds: number) {
    this.#rounds = rounds
  }

  hash(password: string): Promise<string> {
    return this.#limited(() => hash(cut(password), this.#rounds))
  }

  /**
   * Whether the password belongs to the hash. Without a hash the same work is done for nothing, so that the time does not
   * tell whether a user exists.
   */
  async check(password: string, stored: string | undefined): Promise<boolean> {
    this.#decoy ??= this.hash('no user has this password')
    const against = stored ?? (await this.#decoy)
    const matches = await this.#limited(() => verify(cut(password), against).catch(() => false))
    return matches && stored !== undefined
  }

  async #limited<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= concurrentHashes) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#running += 1
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running -= 1
    }
  }
}

function cut(password: string): Buffer {
  return Buffer.from(password).subarray(0, bcryptBytes)
}
