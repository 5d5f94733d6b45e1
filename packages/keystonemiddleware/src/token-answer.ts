import type { TokenData } from '@longhaul/keystoneauth'

/** The token's data in Keystone's answer to a validation; undefined when it has none on which a decision could stand. */
export function tokenDataOf(body: unknown): TokenData | undefined {
  const data = (body as { token?: Partial<TokenData> } | null | undefined)?.token
  if (!data || typeof data.user?.id !== 'string' || Number.isNaN(Date.parse(data.expires_at ?? ''))) {
    return undefined
  }
  return data as TokenData
}
