import assert from 'node:assert/strict'
import fs, {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { decrypt, encrypt, generateKey } from './fernet.ts'
import { KeyRepository, rotateKeys, setUpKeys } from './key-repository.ts'

const files = (directory: string) => readdirSync(directory).toSorted()
const isRoot = process.getuid!() === 0
const payload = Buffer.from('payload')

/** A repository to which every look seems to come a second after the last one. */
function repositoryOf(directory: string): KeyRepository {
  let now = 0
  return new KeyRepository(directory, () => (now += 1000))
}

describe('a key repository', () => {
  let directory: string
  beforeEach(() => {
    directory = join(mkdtempSync(join(tmpdir(), 'keys-')), 'fernet-keys')
  })
  afterEach(() => rmSync(join(directory, '..'), { recursive: true }))

  const opens = (repository: KeyRepository, token: string) => decrypt(repository.keys(), token) !== undefined

  it('is read again after a rotation by another process', () => {
    setUpKeys(directory, 3)
    const repository = repositoryOf(directory)
    const first = repository.primary()
    const old = encrypt(first, payload, 1)
    rotateKeys(directory, 3)
    assert.notDeepEqual(repository.primary(), first)
    assert.equal(opens(repository, old), true)
    assert.equal(opens(repository, encrypt(repository.primary(), payload, 1)), true)
  })

  it('notices a rotation in the middle of being read', (t) => {
    setUpKeys(directory, 5)
    const repository = repositoryOf(directory)
    const list = readdirSync
    const listing = t.mock.method(fs, 'readdirSync', (...args: Parameters<typeof list>) => {
      listing.mock.restore()
      syncBuiltinESMExports()
      const found = list(...args)
      rotateKeys(directory, 5)
      return found
    })
    syncBuiltinESMExports()
    repository.keys()
    assert.deepEqual(repository.primary(), repositoryOf(directory).primary())
    assert.equal(listing.mock.callCount(), 1)
  })

  it('opens tokens of a primary that was staged while it was read', () => {
    setUpKeys(directory, 3)
    const behind = repositoryOf(directory)
    const staged = behind.keys().at(-1)!
    rotateKeys(directory, 3)
    assert.deepEqual(repositoryOf(directory).primary(), staged)
  })

  it('is looked at once a second, and at once for a token that no known key opens', () => {
    setUpKeys(directory, 3)
    let now = 0
    const repository = new KeyRepository(directory, () => now)
    const first = repository.primary()
    rotateKeys(directory, 3)
    assert.equal(repository.primary(), first)
    now += 999
    assert.equal(repository.primary(), first)
    now += 1
    assert.notEqual(repository.primary(), first)
    rotateKeys(directory, 3)
    assert.notEqual(repository.latestKeys()[0], repository.keys().at(-1))
    assert.equal(repository.keys(), repository.latestKeys())
  })

  it('forgets keys that a rotation took away', () => {
    setUpKeys(directory, 3)
    const repository = repositoryOf(directory)
    const old = encrypt(repository.primary(), payload, 1)
    for (const left of [true, false]) {
      rotateKeys(directory, 3)
      assert.equal(opens(repository, old), left)
    }
    assert.deepEqual(files(directory), ['0', '2', '3'])
  })

  it('is read again when a file was replaced under its name', () => {
    setUpKeys(directory, 3)
    const repository = repositoryOf(directory)
    const before = repository.primary()
    writeFileSync(join(directory, 'new'), generateKey(), { mode: 0o600 })
    renameSync(join(directory, 'new'), join(directory, '1'))
    assert.notDeepEqual(repository.primary(), before)
  })

  it('takes names that are no numbers and empty or broken files for no keys', () => {
    setUpKeys(directory, 3)
    writeFileSync(join(directory, '0.tmp'), generateKey())
    writeFileSync(join(directory, 'README'), 'keys')
    writeFileSync(join(directory, '7'), '')
    writeFileSync(join(directory, '8'), 'not a key')
    mkdirSync(join(directory, 'old'))
    assert.equal(repositoryOf(directory).keys().length, 2)
  })

  it('without keys says what to do', () => {
    const repository = repositoryOf(directory)
    assert.deepEqual(repository.keys(), [])
    assert.throws(() => repository.primary(), /fernet_setup/)
    assert.throws(() => rotateKeys(directory, 3), /fernet_setup/)
    setUpKeys(directory, 3)
    assert.ok(repository.primary())
  })

  it('keeps as many keys as it is told, at least the staged and the primary one', () => {
    setUpKeys(directory, 5)
    for (let round = 0; round < 6; round++) rotateKeys(directory, 5)
    assert.deepEqual(files(directory), ['0', '4', '5', '6', '7'])
    rotateKeys(directory, 1)
    assert.deepEqual(files(directory), ['0', '8'])
  })

  it('is for its owner only', () => {
    mkdirSync(directory, { mode: 0o755 })
    setUpKeys(directory, 3)
    rotateKeys(directory, 3)
    assert.equal(statSync(directory).mode & 0o777, 0o700)
    for (const name of files(directory)) assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600)
  })

  it('and its new keys are given to an owner, older keys stay', { skip: !isRoot && 'needs root' }, () => {
    setUpKeys(directory, 3, { uid: 65_533, gid: 65_534 })
    rotateKeys(directory, 3, { uid: 65_532, gid: 65_534 })
    const owners = [directory, ...files(directory).map((name) => join(directory, name))].map((path) => {
      const { uid, gid, mode } = statSync(path)
      return [uid, gid, mode & 0o777]
    })
    const [older, newer] = [
      [65_533, 65_534, 0o600],
      [65_532, 65_534, 0o600],
    ]
    assert.deepEqual(owners, [[65_533, 65_534, 0o700], newer, older, older])
  })

  it('does not change when the new key cannot be given away', { skip: isRoot && 'root may' }, () => {
    setUpKeys(directory, 3)
    const before = repositoryOf(directory).keys()
    assert.throws(() => rotateKeys(directory, 3, { uid: 0, gid: 0 }), { code: 'EPERM' })
    assert.deepEqual(files(directory), ['0', '1'])
    assert.deepEqual(repositoryOf(directory).keys(), before)
  })

  it('follows no link that was put in the place of the next key', () => {
    setUpKeys(directory, 3)
    const outside = join(directory, '..', 'outside')
    writeFileSync(outside, 'as it was', { mode: 0o644 })
    symlinkSync(outside, join(directory, '0.tmp'))
    rotateKeys(directory, 3, { uid: process.getuid!(), gid: process.getgid!() })
    assert.equal(readFileSync(outside, 'utf8'), 'as it was')
    assert.equal(statSync(outside).mode & 0o777, 0o644)
    assert.equal(repositoryOf(directory).keys().length, 3)
  })
})
