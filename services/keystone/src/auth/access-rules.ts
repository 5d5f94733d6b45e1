import type { ValidToken } from '../token/provider.ts'

/**
 * Whether whoever asks keeps to the access rules of a token: a token with rules is hidden from a receiver that does not
 * announce that it knows them, because it would let everything through.
 *
 * @param header `OpenStack-Identity-Access-Rules`, a version such as `1.0`
 * @see keystone, api/auth.py
 */
export function understandsAccessRules(
  token: ValidToken,
  header: string | readonly string[] | undefined,
): boolean {
  const rules = token.facts.applicationCredential?.access_rules ?? []
  return rules.length === 0 || Number(header) >= 1
}
