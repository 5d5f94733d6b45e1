import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TokenData } from '@longhaul/keystoneauth'
import { tokenData } from '@longhaul/keystoneauth/testing'
import { InvalidToken, ValidationUnavailable } from './errors.ts'
import type { FetchOptions } from './fetch-token.ts'
import { memoryTokenCache, type TokenCache } from './token-cache.ts'
import { TokenLookup, type TokenLookupOptions } from './token-lookup.ts'
import { waitingLineLimits } from './waiting-line.ts'

const start = Date.parse('2026-03-01T12:00:00Z')
const good = (lifetime = 3600) => tokenData({ issuedAt: new Date(start), lifetime })

/** A lookup whose Keystone is a function and whose clock is set by hand. */
function stage(
  answer: (token: string, how: FetchOptions) => TokenData | Error | Promise<TokenData | Error>,
  settings: Partial<TokenLookupOptions> = {},
) {
  const asked: string[] = []
  const clock = { time: start }
  const lookup = new TokenLookup({
    fetchToken: async (token, how) => {
      asked.push(`${token}${how.allowExpired ? ' allow_expired' : ''}${how.probe ? ' probe' : ''}`)
      const said = await answer(token, how)
      if (said instanceof Error) throw said
      return said
    },
    cache: memoryTokenCache(),
    cacheSeconds: 300,
    windowSeconds: 1000,
    now: () => new Date(clock.time),
    random: () => 0,
    metrics: undefined,
    ...settings,
  })
  const look = (token: string, allowExpired = false, visit = { at: clock.time }) =>
    Promise.try(() => lookup.look(token, { allowExpired, visit })).finally(() => lookup.leave(visit))
  return { asked, clock, look, lookup }
}

/** A promise to be settled by hand. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { open: promise, lift: resolve }
}

describe('single flight', () => {
  it('makes one validation of a thousand requests with one token', async () => {
    const held = gate()
    const { asked, look } = stage(async () => {
      await held.open
      return good()
    })
    const requests = Array.from({ length: 1000 }, () => look('t'))
    held.lift()
    const answers = await Promise.all(requests)
    assert.deepEqual(asked, ['t'])
    assert.equal(new Set(answers).size, 1)
  })

  it('also without a cache', async () => {
    const { asked, look } = stage(() => good(), { cacheSeconds: -1 })
    await Promise.all([look('t'), look('t')])
    await look('t')
    assert.deepEqual(asked, ['t', 't'])
  })

  it('keeps the plain question and the one with allow_expired apart', async () => {
    const { asked, look } = stage((_token, how) => (how.allowExpired ? good() : new InvalidToken()))
    const [plain, allowing] = await Promise.allSettled([look('t'), look('t', true)])
    assert.equal(plain.status, 'rejected')
    assert.equal(allowing.status, 'fulfilled')
    assert.deepEqual(asked.toSorted(), ['t', 't allow_expired'])
  })

  it('shares a failure too, and then asks anew', async () => {
    const { asked, look } = stage(() => new ValidationUnavailable('keystone_failed', { outage: false }))
    const both = await Promise.allSettled([look('t'), look('t')])
    assert.deepEqual(
      both.map((each) => each.status),
      ['rejected', 'rejected'],
    )
    await assert.rejects(look('t'), ValidationUnavailable)
    assert.deepEqual(asked, ['t', 't'])
  })
})

describe('kept answers', () => {
  it('are used for token_cache_time', async () => {
    const { asked, clock, look } = stage(() => good())
    await look('t')
    clock.time += 239_999
    await look('t')
    assert.equal(asked.length, 1)
    clock.time += 61_000
    await look('t')
    assert.equal(asked.length, 2)
  })

  it('are not used beyond the expiry, nor beyond the window when asked for with allow_expired (D3)', async () => {
    const { asked, clock, look } = stage(() => good(100), { cacheSeconds: 100_000 })
    await look('plain')
    await look('allowing', true)
    clock.time += 100_000
    await look('plain', true)
    assert.equal(asked.length, 2, 'at the second of the expiry')
    clock.time += 1
    await look('plain', true)
    assert.equal(asked.length, 3, 'after it')
    clock.time = start + 1_100_000 - 1
    await look('allowing', true)
    assert.equal(asked.length, 3, 'at the last moment of the window')
    clock.time += 1
    await look('allowing', true)
    assert.equal(asked.length, 4, 'at its end')
  })

  it('are renewed in the background when they near their end, by one question', async () => {
    const held = gate()
    const { asked, clock, look } = stage(async () => {
      if (asked.length > 1) await held.open
      return good()
    })
    await look('t')
    clock.time += 250_000
    await Promise.all([look('t'), look('t')])
    assert.deepEqual(asked, ['t', 't'])
    held.lift()
    await new Promise(setImmediate)
    clock.time += 200_000
    await look('t')
    assert.equal(asked.length, 2)
  })

  it('are not renewed while others wait for their turn', async () => {
    const held = gate()
    const { asked, clock, look } = stage(async (token) => {
      if (token !== 't') await held.open
      return good()
    })
    await look('t')
    clock.time += 250_000
    const others = Array.from({ length: waitingLineLimits.underWay }, (_unused, index) => look(`${index}`))
    await look('t')
    held.lift()
    await Promise.all(others)
    assert.equal(asked.filter((token) => token === 't').length, 1)
  })

  it('are dropped when the renewal finds the token revoked', async () => {
    const { clock, look } = stage(() => (clock.time === start ? good() : new InvalidToken()))
    await look('t')
    clock.time += 250_000
    await look('t')
    await new Promise(setImmediate)
    await assert.rejects(look('t'), InvalidToken)
  })

  it('end at different times', async () => {
    const { asked, clock, look } = stage(() => good(), { random: () => 1 })
    await look('t')
    clock.time += 270_001
    await look('t')
    assert.equal(asked.length, 2)
  })

  it('cannot be changed by those who get them', async () => {
    const { look } = stage(() => good())
    const { data } = await look('t')
    assert.throws(() => data.roles!.push({ id: 'admin', name: 'admin' }), TypeError)
  })

  it('are bounded', async () => {
    const { asked, look } = stage(() => good(), { cache: memoryTokenCache({ maxEntries: 2 }) })
    for (const token of ['a', 'b', 'c', 'a']) await look(token)
    assert.deepEqual(asked, ['a', 'b', 'c', 'a'])
  })

  it('are kept under a digest, never under the token, and a store that fails is an empty one', async () => {
    const keys: string[] = []
    const broken: TokenCache = {
      get: (key) => {
        keys.push(key)
        throw new Error('down')
      },
      set: () => Promise.reject(new Error('down')),
      delete: () => {
        throw new Error('down')
      },
    }
    const { look } = stage((token) => (token === 'bad' ? new InvalidToken() : good()), { cache: broken })
    await look('secret-token')
    await assert.rejects(look('bad'), InvalidToken)
    assert.ok(keys.length === 2 && keys.every((key) => /^[\w-]{43}$/.test(key)))
  })
})

describe('refused tokens (D8)', () => {
  it('are remembered for a few seconds', async () => {
    const { asked, clock, look } = stage(() => new InvalidToken())
    await assert.rejects(look('t'), InvalidToken)
    clock.time += 2999
    await assert.rejects(look('t'), InvalidToken)
    assert.equal(asked.length, 1)
    clock.time += 1
    await assert.rejects(look('t'), InvalidToken)
    assert.equal(asked.length, 2)
  })

  it('may still be good with allow_expired', async () => {
    const { asked, look } = stage((_token, how) => (how.allowExpired ? good() : new InvalidToken()))
    await assert.rejects(look('t'), InvalidToken)
    await look('t', true)
    assert.deepEqual(asked, ['t', 't allow_expired'])
  })

  it('with allow_expired are refused without it too', async () => {
    const { asked, look } = stage(() => new InvalidToken())
    await assert.rejects(look('t', true), InvalidToken)
    await assert.rejects(look('t'), InvalidToken)
    assert.deepEqual(asked, ['t allow_expired'])
  })

  it('are not remembered when Keystone could not be asked, nor without a cache', async () => {
    let down = true
    const { look } = stage(() => (down ? new ValidationUnavailable() : good()))
    await assert.rejects(look('t'), ValidationUnavailable)
    down = false
    await look('t')
    const uncached = stage(() => new InvalidToken(), { cacheSeconds: -1 })
    await assert.rejects(uncached.look('t'), InvalidToken)
    await assert.rejects(uncached.look('t'), InvalidToken)
    assert.equal(uncached.asked.length, 2)
  })

  it('that cannot be tokens do not reach Keystone', async () => {
    const { asked, look } = stage(() => good())
    for (const odd of ['two words', 'line\nbreak', 'umläut', '\u0000']) {
      await assert.rejects(look(odd), InvalidToken)
    }
    assert.deepEqual(asked, [])
  })
})

describe('a Keystone that is down (D7)', () => {
  it('is asked by one request at a time, the others are answered at once', async () => {
    const held = gate()
    let up = false
    const { asked, look } = stage(async (token) => {
      if (token === 'first') return new ValidationUnavailable('keystone_unreachable', { retryAfter: 7 })
      await held.open
      return up ? good() : new ValidationUnavailable()
    })
    await assert.rejects(look('first'), ValidationUnavailable)
    const probing = look('a')
    await assert.rejects(look('b'), { code: 'validation_unavailable', retryAfter: 7 })
    await assert.rejects(look('a'), { code: 'validation_unavailable' })
    assert.deepEqual(asked, ['first', 'a probe'])
    up = true
    held.lift()
    await probing
    await Promise.all([look('b'), look('c')])
    assert.deepEqual(asked, ['first', 'a probe', 'b', 'c'])
  })

  it('is not asked for those who wait for their turn', async () => {
    const held = gate()
    const { asked, look } = stage(async (token) => {
      if (token !== '0') await held.open
      return token === '0' ? new ValidationUnavailable('keystone_unreachable', { retryAfter: 7 }) : good()
    })
    const most = waitingLineLimits.underWay
    const looked = Array.from({ length: most + 5 }, (_unused, index) => look(`${index}`))
    const settled = Promise.allSettled(looked)
    await assert.rejects(looked[0]!, ValidationUnavailable)
    held.lift()
    const refused = (await settled).flatMap((one, index) => (one.status === 'rejected' ? [index] : []))
    assert.deepEqual(refused, [0, ...Array.from({ length: 5 }, (_unused, index) => most + index)])
    await assert.rejects(looked[most]!, { reason: 'keystone_unreachable', retryAfter: 7 })
    assert.equal(asked.length, most)
  })

  it('is asked for both tokens of the request that probes', async () => {
    let up = false
    const { asked, clock, lookup, look } = stage(() => (up ? good() : new ValidationUnavailable()))
    await assert.rejects(look('first'), ValidationUnavailable)
    up = true
    const visit = { at: clock.time }
    await Promise.all([
      lookup.look('user', { allowExpired: true, visit }),
      lookup.look('service', { allowExpired: false, visit }),
    ])
    assert.equal(asked.length, 3)
  })

  it('is asked again by the next request after a probe that failed', async () => {
    const { asked, look } = stage(() => new ValidationUnavailable())
    for (const token of ['a', 'b', 'c']) await assert.rejects(look(token), ValidationUnavailable)
    assert.deepEqual(asked, ['a', 'b probe', 'c probe'])
  })

  it('is up again when it refuses a token', async () => {
    let down = true
    const { asked, look } = stage(() => (down ? new ValidationUnavailable() : new InvalidToken()))
    await assert.rejects(look('a'), ValidationUnavailable)
    down = false
    await assert.rejects(look('b'), InvalidToken)
    await assert.rejects(look('c'), InvalidToken)
    assert.deepEqual(asked, ['a', 'b probe', 'c'])
  })

  it('does not matter to kept answers', async () => {
    let down = false
    const { clock, look } = stage(() => (down ? new ValidationUnavailable() : good()))
    await look('t')
    down = true
    await assert.rejects(look('other'), ValidationUnavailable)
    clock.time += 299_000
    await look('t')
  })

  it('is not what one token that makes it stumble means', async () => {
    const { asked, look } = stage((token) =>
      token === 'odd' ? new ValidationUnavailable('keystone_failed', { outage: false }) : good(),
    )
    await assert.rejects(look('odd'), ValidationUnavailable)
    await Promise.all([look('a'), look('b')])
    assert.deepEqual(asked, ['odd', 'a', 'b'])
  })
})

describe('a Keystone that has gone silent', () => {
  const reachable = { value: false }
  const lost = new Promise<never>(() => {})
  /** Ten questions wait, and what was asked of a Keystone that does not hear it is never answered. */
  function silence() {
    reachable.value = false
    const made = stage(async () => (reachable.value ? good() : lost))
    for (let index = 0; index < 10; index++) void made.look(`t${index}`)
    const pass = (seconds: number) => (made.clock.time += seconds * 1000)
    return { ...made, pass }
  }

  it('is believed to be down after three seconds, without waiting for the end of the questions', async () => {
    const { asked, look, pass } = silence()
    pass(2.9)
    void look('still-hoping')
    pass(0.1)
    void look('probe')
    await assert.rejects(look('another'), { code: 'validation_unavailable', outage: true })
    assert.deepEqual(asked.slice(10), ['still-hoping', 'probe probe'])
  })

  it('is asked by another request a second later, when a probe is lost too', async () => {
    const { asked, look, pass } = silence()
    pass(3)
    void look('first')
    pass(0.9)
    await assert.rejects(look('too-soon'), ValidationUnavailable)
    pass(0.1)
    void look('second')
    assert.deepEqual(asked.slice(10), ['first probe', 'second probe'])
  })

  it('is back within a second of its return, also for tokens whose questions were lost', async () => {
    const { asked, look, pass } = silence()
    pass(3)
    void look('t0')
    reachable.value = true
    pass(1)
    await look('t1')
    await Promise.all(['t0', 't1', 't2', 'new'].map((token) => look(token)))
    assert.deepEqual(asked.slice(10), ['t0 probe', 't1 probe', 't0', 't2', 'new'])
  })

  it('is not thought silent when few ask, nor while it answers some', async () => {
    const few = stage(async () => (reachable.value ? good() : lost))
    reachable.value = false
    void few.look('lost')
    few.clock.time += 60_000
    reachable.value = true
    await Promise.all([few.look('one'), few.look('two'), few.look('lost')])
    assert.deepEqual(few.asked, ['lost', 'one', 'two', 'lost'])

    const { look, pass } = silence()
    reachable.value = true
    for (let turn = 0; turn < 3; turn++) {
      pass(2)
      await look(`answered-${turn}`)
    }
    reachable.value = false
    void look('asked')
    void look('and-not-refused')
    pass(2)
    await look('answered-0')
  })

  it('is not down again when what was asked before its return fails at last', async () => {
    const { promise, reject } = Promise.withResolvers<never>()
    let back = false
    const { asked, clock, look } = stage(async () => (back ? good() : promise))
    const lostOnes = Array.from({ length: 10 }, (_unused, index) => look(`t${index}`))
    clock.time += 3000
    lostOnes.push(look('first'))
    back = true
    clock.time += 1000
    await look('second')
    reject(new ValidationUnavailable())
    for (const lostOne of lostOnes) await assert.rejects(lostOne, ValidationUnavailable)
    await Promise.all([look('one'), look('two')])
    assert.deepEqual(asked.slice(10), ['first probe', 'second probe', 'one', 'two'])
  })
})
