import type { CachedToken, TokenCache } from './token-cache.ts'

/** Settings of {@link twoLevelTokenCache}. */
export interface TwoLevelTokenCacheOptions {
  /** In this process. */
  near: TokenCache
  /** Shared with others. */
  far: TokenCache
  now: () => Date
  /** Told of each failure of the shared one. */
  failed?: ((error: Error) => void) | undefined
}

/**
 * A store of this process before a shared one: what was found there is kept here as long as it may be used, and any number
 * of requests with one token ask the shared one once.
 */
export function twoLevelTokenCache({ near, far, now, failed }: TwoLevelTokenCacheOptions): TokenCache {
  const underway = new Map<string, Promise<CachedToken | undefined>>()

  async function fromFar(key: string, token: string): Promise<CachedToken | undefined> {
    try {
      const entry = await far.get(key, token)
      if (entry && entry.until > now().getTime()) await near.set(key, entry, token)
      // What has ended still tells the token's expiry.
      return entry ?? near.get(key, token)
    } catch (error) {
      failed?.(error as Error)
      return near.get(key, token)
    } finally {
      underway.delete(key)
    }
  }

  async function alsoFar(act: () => void | Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      failed?.(error as Error)
    }
  }

  return {
    get(key, token) {
      const entry = near.get(key, token)
      if (entry && !(entry instanceof Promise) && entry.until >= now().getTime()) return entry
      const asked = underway.get(key)
      if (asked) return asked
      const asking = fromFar(key, token)
      underway.set(key, asking)
      return asking
    },
    async set(key, entry, token) {
      await near.set(key, entry, token)
      await alsoFar(() => far.set(key, entry, token))
    },
    async delete(key, token) {
      await near.delete(key, token)
      await alsoFar(() => far.delete(key, token))
    },
    async close() {
      await near.close?.()
      await far.close?.()
    },
  }
}
