import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hash } from '@node-rs/bcrypt'
import { Passwords } from './passwords.ts'

const long = 'p'.repeat(80)

describe('passwords', () => {
  it('one belongs to its own hash only', async () => {
    const passwords = new Passwords({ rounds: 4 })
    const stored = await passwords.hash('right')
    assert.match(stored, /^\$2[aby]\$04\$/)
    assert.equal(await passwords.check('right', stored), true)
    assert.equal(await passwords.check('wrong', stored), false)
    assert.equal(await passwords.check('', stored), false)
    assert.equal(await passwords.check('right', 'no hash'), false)
  })

  it('a hash of another cost is checked with its own', async () => {
    const stored = await hash('right', 5)
    assert.equal(await new Passwords({ rounds: 4 }).check('right', stored), true)
  })

  it('only the first 72 bytes count, whole characters or not', async () => {
    const passwords = new Passwords({ rounds: 4, maxLength: 4096 })
    const stored = await passwords.hash(long)
    assert.equal(await passwords.check(long.slice(0, 72), stored), true)
    assert.equal(await passwords.check(long.slice(0, 71), stored), false)
    const umlauts = 'ä'.repeat(40)
    assert.equal(await passwords.check(`${umlauts}other`, await passwords.hash(umlauts)), true)
  })

  it('fewer count if so configured', async () => {
    const passwords = new Passwords({ rounds: 4, maxLength: 8 })
    assert.equal(await passwords.check('12345678', await passwords.hash('123456789')), true)
  })

  it('a longer one is refused with strict_password_check', async () => {
    const passwords = new Passwords({ rounds: 4, strict: true })
    await assert.rejects(passwords.hash(long), { status: 403, code: 'password_too_long' })
    const stored = await passwords.hash(long.slice(0, 72))
    assert.equal(await passwords.check(long, stored), false)
    assert.equal(await passwords.check(long.slice(0, 72), stored), true)
  })

  it('without a hash the answer is no, after the same work', async () => {
    const passwords = new Passwords({ rounds: 9 })
    const stored = await passwords.hash('right')
    await passwords.check('first', undefined)
    const timeOf = async (against: string | undefined) => {
      const start = performance.now()
      assert.equal(await passwords.check('no user has this password', against), false)
      return performance.now() - start
    }
    const known: number[] = []
    const unknown: number[] = []
    for (let round = 0; round < 5; round++) {
      known.push(await timeOf(stored))
      unknown.push(await timeOf(undefined))
    }
    // A hash of nine rounds takes some 15 ms, a comparison without one less than 0.1 ms.
    assert.ok(
      Math.min(...unknown) > Math.min(...known) / 3,
      `${Math.min(...unknown)} of ${Math.min(...known)} ms`,
    )
  })

  it('many at once are all answered', async () => {
    const passwords = new Passwords({ rounds: 4 })
    const stored = await passwords.hash('right')
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => passwords.check(index % 2 ? 'right' : 'wrong', stored)),
    )
    assert.deepEqual(
      answers,
      answers.map((_, index) => index % 2 === 1),
    )
  })
})
