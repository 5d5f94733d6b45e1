import { LRUCache } from 'lru-cache'
import type { InvalidToken } from './errors.ts'

/**
 * Tokens that Keystone refused a moment ago. A refusal of the plain question says nothing of the question with
 * `allow_expired`, as the token may merely have expired; a refusal of that one answers both. A role given back to a token's
 * user is therefore seen after {@link refusalSeconds} at the latest.
 */
export interface RefusedTokens {
  /** The refusal that still counts. */
  get(key: string, allowExpired: boolean, now: number): InvalidToken | undefined
  add(key: string, allowExpired: boolean, now: number, refusal: InvalidToken): void
}

interface Kept {
  until: number
  refusal: InvalidToken
}

/** How long a refusal is remembered. */
export const refusalSeconds = 3

/** @param options.maxEntries default 10000; a flood of random tokens pushes out older ones */
export function refusedTokens(options: { maxEntries?: number } = {}): RefusedTokens {
  const plain = new LRUCache<string, Kept>({ max: options.maxEntries ?? 10_000 })
  const allowing = new LRUCache<string, Kept>({ max: options.maxEntries ?? 10_000 })
  const fresh = (kept: Kept | undefined, now: number) =>
    kept !== undefined && now < kept.until ? kept.refusal : undefined
  return {
    get: (key, allowExpired, now) =>
      fresh(allowing.get(key), now) ?? (allowExpired ? undefined : fresh(plain.get(key), now)),
    add: (key, allowExpired, now, refusal) => {
      const kept = { until: now + refusalSeconds * 1000, refusal }
      if (allowExpired) allowing.set(key, kept)
      else plain.set(key, kept)
    },
  }
}
