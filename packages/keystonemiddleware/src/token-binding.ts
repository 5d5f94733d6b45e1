import type { TokenData } from '@longhaul/keystoneauth'

const kerberos = 'kerberos'

/**
 * Whether a token's binding lets the request pass. A kerberos-bound token never does: it asks for a negotiated
 * connection, which no adapter of this package knows.
 *
 * @param mode `disabled`, `permissive`, `strict`, `required`; any other value names the kind that every token must have
 * @see keystonemiddleware auth_token, token binding
 */
export function bindingHolds(token: TokenData, mode: string): boolean {
  if (mode === 'disabled') return true
  const tolerant = mode === 'permissive' || mode === 'strict'
  if (!token.bind) return tolerant
  const kinds = Object.keys(token.bind)
  if (kinds.length === 0) return tolerant
  if (!tolerant && mode !== 'required' && !kinds.includes(mode)) return false
  return kinds.every((kind) => kind !== kerberos && mode === 'permissive')
}
