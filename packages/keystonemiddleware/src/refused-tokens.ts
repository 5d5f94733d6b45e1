import { LRUCache } from 'lru-cache'

/**
 * Tokens that Keystone refused a moment ago. A refusal of the plain question says nothing of the question with
 * `allow_expired`, as the token may merely have expired; a refusal of that one answers both. A role given back to a token's
 * user is therefore seen after {@link refusalSeconds} at the latest.
 */
export interface RefusedTokens {
  has(key: string, allowExpired: boolean, now: number): boolean
  add(key: string, allowExpired: boolean, now: number): void
}

/** How long a refusal is remembered. */
export const refusalSeconds = 3

/** @param options.maxEntries default 10000; a flood of random tokens pushes out older ones */
export function refusedTokens(options: { maxEntries?: number } = {}): RefusedTokens {
  const plain = new LRUCache<string, number>({ max: options.maxEntries ?? 10_000 })
  const allowing = new LRUCache<string, number>({ max: options.maxEntries ?? 10_000 })
  const fresh = (until: number | undefined, now: number) => until !== undefined && now < until
  return {
    has: (key, allowExpired, now) =>
      fresh(allowing.get(key), now) || (!allowExpired && fresh(plain.get(key), now)),
    add: (key, allowExpired, now) => {
      const kept = allowExpired ? allowing : plain
      kept.set(key, now + refusalSeconds * 1000)
    },
  }
}
