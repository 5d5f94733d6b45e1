import type { TokenData } from '@longhaul/keystoneauth'

const known = new WeakMap<TokenData, number>()

/** When a token expires, in milliseconds since the epoch; NaN if it does not say so readably. Read once for each answer. */
export function expiryOf(data: TokenData): number {
  const kept = known.get(data)
  if (kept !== undefined) return kept
  const expiry = Date.parse(data.expires_at)
  known.set(data, expiry)
  return expiry
}
