import {
  chmodSync,
  chownSync,
  closeSync,
  fchmodSync,
  fchownSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { generateKey, parseKey, type FernetKey } from './fernet.ts'
import type { KeyOwner } from './key-owner.ts'

// A rotation may take a file away between listing and reading.
const readAttempts = 3
/** How often the files are looked at, in milliseconds: a primary that old encrypts, and every process can still read it. */
const lookInterval = 1000

/** The Fernet keys of a directory: `0` is staged, the highest number is primary, the others still decrypt. */
export class KeyRepository {
  readonly #directory: string
  readonly #now: () => number
  #lookedAt = Number.NEGATIVE_INFINITY
  #seen = ''
  #files: string[] = []
  #keys: FernetKey[] = []

  /** @param now milliseconds of a clock that only goes forward */
  constructor(directory: string, now: () => number = performance.now.bind(performance)) {
    this.#directory = directory
    this.#now = now
  }

  /**
   * All keys, the primary first; the same list as long as they are the same. Files that changed are read again within a
   * second, so that a rotation needs no restart.
   */
  keys(): readonly FernetKey[] {
    return this.#now() - this.#lookedAt < lookInterval ? this.#keys : this.latestKeys()
  }

  /** The keys as they are this moment: for a token that none of {@link keys} opens. */
  latestKeys(): readonly FernetKey[] {
    this.#lookedAt = this.#now()
    if (this.#seen === '' || this.#stamp() !== this.#seen) this.#read(readAttempts)
    return this.#keys
  }

  /** @throws Error naming the directory and the verb when there is no key */
  primary(): FernetKey {
    const key = this.keys()[0] ?? this.latestKeys()[0]
    if (!key) throw new Error(`no Fernet key in ${this.#directory}: run "keystone-manage fernet_setup"`)
    return key
  }

  #read(attempts: number): void {
    try {
      // Each stamp is taken before what it stands for is read: a change in between is noticed next time.
      const directory = stampOf(this.#directory)
      this.#files = keyNumbers(this.#directory)
        .toReversed()
        .map((number) => join(this.#directory, String(number)))
      this.#seen = [directory, ...this.#files.map(stampOf)].join()
      this.#keys = this.#files
        .map((file) => parseKey(readFileSync(file, 'utf8')))
        .filter((key) => key !== undefined)
    } catch (error) {
      this.#seen = ''
      this.#lookedAt = Number.NEGATIVE_INFINITY
      if (attempts <= 1 || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      this.#read(attempts - 1)
    }
  }

  #stamp(): string {
    return [this.#directory, ...this.#files].map(stampOf).join()
  }
}

function stampOf(path: string): string {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  return found ? `${found.ino}.${found.mtimeNs}.${found.size}` : 'absent'
}

/**
 * Numbers of the keys in a directory, ascending. Names that are no numbers are other people's files, empty files are keys
 * that are still being written.
 */
export function keyNumbers(directory: string): number[] {
  if (!statSync(directory, { throwIfNoEntry: false })) return []
  return readdirSync(directory)
    .filter(
      (name) =>
        /^\d+$/.test(name) && (statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0) > 0,
    )
    .map(Number)
    .toSorted((a, b) => a - b)
}

/**
 * Makes the first keys, `0` and `1`, in a directory that only its owner can open; nothing when there are keys.
 *
 * @param owner of the directory and the keys; default: whoever runs this
 * @returns whether keys were made
 */
export function setUpKeys(directory: string, maxActiveKeys: number, owner?: KeyOwner): boolean {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  if (keyNumbers(directory).includes(0)) return false
  chmodSync(directory, 0o700)
  if (owner) chownSync(directory, owner.uid, owner.gid)
  renameSync(newKey(directory, owner), join(directory, '0'))
  rotateKeys(directory, maxActiveKeys, owner)
  return true
}

/**
 * The staged key becomes primary, a new one is staged, the oldest beyond the limit go.
 *
 * @param maxActiveKeys keys that are left, the staged one included
 * @param owner of the new key; default: whoever runs this
 */
export function rotateKeys(directory: string, maxActiveKeys: number, owner?: KeyOwner): void {
  const numbers = keyNumbers(directory)
  if (!numbers.includes(0))
    throw new Error(`no staged key in ${directory}: run "keystone-manage fernet_setup" first`)
  const staged = newKey(directory, owner)
  const primary = Math.max(...numbers) + 1
  renameSync(join(directory, '0'), join(directory, String(primary)))
  renameSync(staged, join(directory, '0'))
  const numbered = [...numbers.filter((number) => number !== 0), primary]
  for (const number of numbered.slice(0, Math.max(0, numbered.length - Math.max(maxActiveKeys - 1, 1)))) {
    rmSync(join(directory, String(number)))
  }
}

// Whoever owns the directory may have put a link there: the file is a new one, and is changed by its descriptor.
function newKey(directory: string, owner: KeyOwner | undefined): string {
  const file = join(directory, '0.tmp')
  rmSync(file, { force: true })
  const descriptor = openSync(file, 'wx', 0o600)
  try {
    fchmodSync(descriptor, 0o600)
    if (owner) fchownSync(descriptor, owner.uid, owner.gid)
    writeSync(descriptor, generateKey())
  } catch (error) {
    rmSync(file)
    throw error
  } finally {
    closeSync(descriptor)
  }
  return file
}
