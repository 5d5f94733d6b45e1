import { LRUCache } from 'lru-cache'
import type { TokenData } from '@longhaul/keystoneauth'

/** What Keystone says of a token that it knows. */
export interface KnownToken {
  data: TokenData
  /** Milliseconds since the epoch; NaN if the data does not tell it readably. */
  expiresAt: number
}

/** Reads the expiry of a token once for all its uses. */
export function knownToken(data: TokenData): KnownToken {
  return { data, expiresAt: Date.parse(data.expires_at) }
}

/** A validated token as it is kept. */
export interface CachedToken extends KnownToken {
  /** Whether it was asked for with `allow_expired`. */
  allowExpired: boolean
  /** Milliseconds since the epoch; the last moment at which the entry may be used. */
  until: number
  /** Milliseconds since the epoch; from here on a use should renew the entry. */
  refreshAt: number
}

/**
 * A store of validated tokens. A failing store counts as a miss.
 *
 * Keys are SHA-256 of the token in base64url. The token itself is given for stores that derive keys of their own from it; they
 * must not keep it.
 */
export interface TokenCache {
  get(key: string, token: string): CachedToken | undefined | Promise<CachedToken | undefined>
  set(key: string, entry: CachedToken, token: string): void | Promise<void>
  delete(key: string, token: string): void | Promise<void>
  close?(): void | Promise<void>
}

/**
 * A bounded store in this process, least recently used first out.
 *
 * @param options.maxEntries default 5000
 */
export function memoryTokenCache(options: { maxEntries?: number } = {}): TokenCache {
  const entries = new LRUCache<string, CachedToken>({ max: options.maxEntries ?? 5000 })
  return {
    get: (key) => entries.get(key),
    set: (key, entry) => {
      entries.set(key, entry)
    },
    delete: (key) => {
      entries.delete(key)
    },
  }
}

/** What decides how long an answer may be kept. */
export interface Lifetime {
  /** Milliseconds since the epoch. */
  now: number
  allowExpired: boolean
  /** `token_cache_time`, seconds. */
  cacheSeconds: number
  /** `allow_expired_window`, seconds. */
  windowSeconds: number
  /** 0 to 1; spreads entries that were made together over the last tenth of their time. */
  random: number
}

const jitter = 0.1
const refreshFrom = 0.8

/**
 * The entry for a fresh answer: never usable beyond the token's expiry or, when it was asked for with `allow_expired`,
 * beyond the end of the window. At the very second of its expiry a token is still good, at the end of the window it is not.
 *
 * @returns undefined when it may not be kept at all
 */
export function cacheEntry(known: KnownToken, life: Lifetime): CachedToken | undefined {
  const { expiresAt } = known
  const end = life.allowExpired ? expiresAt + life.windowSeconds * 1000 - 1 : expiresAt
  const span = life.cacheSeconds * 1000 * (1 - jitter * life.random)
  const until = Math.min(life.now + span, end)
  if (!(until > life.now)) return undefined
  // Asking again cannot lengthen the life of an entry that ends with its token.
  const refreshAt = until === end ? until + 1 : life.now + (until - life.now) * refreshFrom
  return { data: known.data, expiresAt, allowExpired: life.allowExpired, until, refreshAt }
}
