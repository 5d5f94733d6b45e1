import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tokenData } from '@longhaul/keystoneauth/testing'
import { knownToken, memoryTokenCache, type CachedToken, type TokenCache } from './token-cache.ts'
import { twoLevelTokenCache } from './two-level-cache.ts'

const start = Date.parse('2026-03-01T12:00:00Z')
const entry = (until: number): CachedToken => ({
  ...knownToken(tokenData()),
  allowExpired: false,
  until,
  refreshAt: until + 1,
})

/** Two levels, the shared one a map that answers when it is let. */
function stage() {
  const clock = { time: start }
  const asked: string[] = []
  const failures: string[] = []
  const held = Promise.withResolvers<void>()
  const shared = new Map<string, CachedToken>()
  let broken = false
  const act = async <T>(what: string, how: () => T): Promise<T> => {
    asked.push(what)
    if (broken) throw new Error('down')
    await held.promise
    return how()
  }
  const far: TokenCache = {
    get: (key, token) => act(`get ${key} ${token}`, () => shared.get(key)),
    set: (key, value) => act(`set ${key}`, () => void shared.set(key, value)),
    delete: (key) => act(`delete ${key}`, () => void shared.delete(key)),
  }
  const cache = twoLevelTokenCache({
    near: memoryTokenCache(),
    far,
    now: () => new Date(clock.time),
    failed: (error) => failures.push(error.message),
  })
  const fail = () => {
    broken = true
  }
  return { asked, cache, clock, fail, failures, lift: held.resolve, shared }
}

describe('the two levels of the cache', () => {
  it('ask the shared one once for any number of requests, then no more', async () => {
    const { asked, cache, lift, shared } = stage()
    shared.set('k', entry(start + 1000))
    const requests = Array.from({ length: 100 }, async () => cache.get('k', 'token'))
    lift()
    const found = await Promise.all(requests)
    assert.equal(new Set(found).size, 1)
    assert.equal(cache.get('k', 'token'), found[0], 'at once')
    assert.deepEqual(asked, ['get k token'])
  })

  it('ask the shared one when the own entry has ended, as another process may have renewed it', async () => {
    const { cache, clock, lift, shared } = stage()
    lift()
    await cache.set('k', entry(start + 1000), 'token')
    shared.set('k', entry(start + 9000))
    clock.time += 1001
    assert.equal((await cache.get('k', 'token'))?.until, start + 9000)
  })

  it('keep nothing here that counts only for the moment', async () => {
    const { asked, cache, clock, lift, shared } = stage()
    lift()
    shared.set('k', entry(start))
    await cache.get('k', 'token')
    clock.time += 1
    shared.delete('k')
    assert.equal(await cache.get('k', 'token'), undefined)
    assert.equal(asked.length, 2)
  })

  it('write and delete in both', async () => {
    const { cache, lift, shared } = stage()
    lift()
    await cache.set('k', entry(start + 1000), 'token')
    assert.ok(shared.has('k'))
    await cache.delete('k', 'token')
    assert.ok(!shared.has('k'))
    assert.equal(await cache.get('k', 'token'), undefined)
  })

  it('go on with the own one when the shared one fails, and tell', async () => {
    const { cache, fail, failures } = stage()
    fail()
    assert.equal(await cache.get('k', 'token'), undefined)
    await cache.set('k', entry(start + 1000), 'token')
    assert.ok(cache.get('k', 'token'))
    await cache.delete('k', 'token')
    assert.deepEqual(failures, ['down', 'down', 'down'])
  })
})
