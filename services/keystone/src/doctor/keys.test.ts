import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { generateKey } from '../token/fernet.ts'
import { rotateKeys, setUpKeys } from '../token/key-repository.ts'
import { checkKeyCount, checkKeyRepository } from './keys.ts'

const hour = 3600

describe('what the doctor says of keys', () => {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'doctor-keys-'))
    setUpKeys(directory, 3)
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  const file = (number: number) => join(directory, String(number))
  /** Key 0 and the primary one were made now, others so many hours ago. */
  const madeHoursAgo = (ages: Readonly<Record<number, number>>) => {
    for (const [number, age] of Object.entries(ages)) {
      const at = 1_800_000_000 - age * hour
      utimesSync(file(Number(number)), at, at)
    }
  }
  const count = (maxActiveKeys: number, hours: number) => {
    const [finding, ...more] = checkKeyCount({ directory, maxActiveKeys, tokensUsedFor: hours * hour })
    assert.deepEqual(more, [])
    return finding!
  }

  it('all is well after the setup', () => {
    assert.deepEqual(
      checkKeyRepository(directory).map(({ level }) => level),
      ['ok'],
    )
  })

  for (const [what, wrong, says] of [
    ['a directory that others may list', () => chmodSync(directory, 0o750), /others .*\(mode 750\)/],
    ['a key that others may read', () => chmodSync(file(1), 0o644), /others .*1 \(mode 644\)/],
    ['no staged key', () => rmSync(file(0)), /no staged key/],
    ['no primary key', () => rmSync(file(1)), /no primary key/],
    ['a key that is none', () => writeFileSync(file(1), 'nonsense'), /1 is no Fernet key/],
    ['no directory', () => rmSync(directory, { recursive: true }), /is no directory.*fernet_setup/],
  ] as const) {
    it(`${what} is a problem`, () => {
      wrong()
      const [finding, ...more] = checkKeyRepository(directory)
      if (what === 'no directory') setUpKeys(directory, 3)
      assert.equal(finding!.level, 'problem')
      assert.match(finding!.message, says)
      assert.deepEqual(more, [])
    })
  }

  it('a directory of somebody else is a problem', () => {
    const mine = process.getuid!()
    const [finding] = checkKeyRepository(directory, mine + 1)
    assert.match(finding!.message, new RegExp(`belongs to the user ${mine}, but this is run by ${mine + 1}`))
    assert.deepEqual(
      checkKeyRepository(directory, 0).map(({ level }) => level),
      ['ok'],
    )
  })

  it('before a second rotation it says how often keys may be rotated', () => {
    const finding = count(3, 49)
    assert.equal(finding.level, 'ok')
    assert.match(finding.message, /used for 2 days: .* rotated every 2 days at most/)
    assert.match(count(6, 49).message, /rotated every 12\.3 hours at most/)
  })

  it('two keys are always a problem', () => {
    assert.equal(count(2, 1).level, 'problem')
  })

  it('keys must stay as long as tokens are used', () => {
    rotateKeys(directory, 3)
    madeHoursAgo({ 0: 0, 2: 24, 1: 24 })
    // 49 hours / 24 hours, and two.
    assert.match(count(3, 49).message, /max_active_keys must be 5, not 3, or keys be rotated every 2 days/)
    assert.equal(count(3, 49).level, 'problem')
    assert.equal(count(4, 49).level, 'problem')
    assert.equal(count(5, 49).level, 'ok')
    assert.equal(count(3, 24).level, 'ok')
  })

  it('the shortest time between two rotations counts', () => {
    for (let rotation = 0; rotation < 3; rotation++) rotateKeys(directory, 9)
    madeHoursAgo({ 0: 0, 4: 48, 3: 54, 2: 102, 1: 102 })
    assert.match(count(9, 48).message, /after 6 hours .* 2 days: 10 keys|max_active_keys must be 10/)
  })

  it('more keys than the next rotation leaves are worth a note', () => {
    for (let number = 2; number < 5; number++) writeFileSync(file(number), generateKey(), { mode: 0o600 })
    const found = checkKeyCount({ directory, maxActiveKeys: 3, tokensUsedFor: hour })
    assert.match(found[0]!.message, /there are 5 keys/)
    assert.equal(found[0]!.level, 'note')
  })
})
