import { forbidden } from '@longhaul/oslo/api'
import { hash, verify } from '@node-rs/bcrypt'

// bcrypt reads no more.
const bcryptBytes = 72
// A hash costs a fifth of a second of a core: more at once would only make everybody wait.
const concurrentHashes = 2

export interface PasswordRules {
  /** Cost of new hashes; an old hash carries its own. */
  rounds: number
  /** Bytes that count, default 72, which is the most that can. */
  maxLength?: number
  /** Whether a longer password is refused instead of cut, default false. */
  strict?: boolean
}

/** Hashes and checks passwords off the event loop, a few at a time. */
export class Passwords {
  readonly #rounds: number
  readonly #maxLength: number
  readonly #strict: boolean
  #running = 0
  readonly #waiting: (() => void)[] = []
  #decoy: Promise<string> | undefined

  constructor({ rounds, maxLength = bcryptBytes, strict = false }: PasswordRules) {
    this.#rounds = rounds
    this.#maxLength = Math.min(maxLength, bcryptBytes)
    this.#strict = strict
  }

  /**
   * @throws ApiError 403 `password_too_long` if longer passwords are refused
   * @see keystone, common/password_hashing.py
   */
  async hash(password: string): Promise<string> {
    if (this.#strict && this.#isTooLong(password)) {
      const rule = `The password length must be less than or equal to ${this.#maxLength}.`
      const reason = 'The server could not comply with the request because the password is invalid.'
      throw forbidden(`${rule} ${reason}`, { code: 'password_too_long' })
    }
    return this.#limited(() => hash(this.#cut(password), this.#rounds))
  }

  /**
   * Whether the password belongs to the hash. Without a hash the same work is done for nothing, so that the time does not
   * tell whether a user exists.
   */
  async check(password: string, stored: string | undefined): Promise<boolean> {
    this.#decoy ??= this.#limited(() => hash('no user has this password', this.#rounds))
    const against = stored ?? (await this.#decoy)
    const matches = await this.#limited(() => verify(this.#cut(password), against).catch(() => false))
    return matches && stored !== undefined && !(this.#strict && this.#isTooLong(password))
  }

  #isTooLong(password: string): boolean {
    return Buffer.byteLength(password) > this.#maxLength
  }

  #cut(password: string): Buffer {
    return Buffer.from(password).subarray(0, this.#maxLength)
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
