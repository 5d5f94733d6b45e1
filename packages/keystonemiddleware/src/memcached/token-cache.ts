import type { CachedToken, TokenCache } from '../token-cache.ts'
import type { MemcachedClient } from './client.ts'
import type { Protection } from './protection.ts'
import { bytesOf, entryBytes, readEntry } from './stored-entry.ts'

/** Settings of {@link memcachedTokenCache}. */
export interface MemcachedTokenCacheOptions {
  client: MemcachedClient
  protection: Protection
  /** `token_cache_time`, seconds. */
  cacheSeconds: number
  /** `allow_expired_window`, seconds. */
  windowSeconds: number
  now: () => Date
}

/** Longer times memcached takes for dates. */
const longestSeconds = 2_592_000

/**
 * A store in memcached, which processes and hosts share, those with the original middleware included.
 *
 * @see keystonemiddleware auth_token/_cache.py
 */
export function memcachedTokenCache(options: MemcachedTokenCacheOptions): TokenCache {
  const { client, protection, cacheSeconds, windowSeconds, now } = options
  const bounds = () => ({
    now: now().getTime(),
    cacheMs: cacheSeconds * 1000,
    windowMs: windowSeconds * 1000,
  })
  return {
    async get(_key, token) {
      const place = protection(token)
      const stored = await client.get(place.key)
      const bytes = stored && place.unwrap(bytesOf(stored))
      return bytes && readEntry(bytes, bounds())
    },
    async set(_key, entry, token) {
      const place = protection(token)
      const data = place.wrap(entryBytes(entry))
      await client.set(place.key, { data, flags: 0 }, expiresOf(entry, now().getTime()))
    },
    async delete(_key, token) {
      await client.delete(protection(token).key)
    },
    close: () => client.close(),
  }
}

function expiresOf({ until }: CachedToken, now: number): number {
  const seconds = Math.max(1, Math.ceil((until - now) / 1000))
  return seconds > longestSeconds ? Math.ceil(until / 1000) : seconds
}
