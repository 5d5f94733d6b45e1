import type { TokenPayload } from './payload.ts'

/** One call that an application credential allows. */
export interface AccessRule {
  id: string
  service: string
  method: string
  path: string
}

/** What limits a token that acts for a user: an application credential. */
export interface Delegation {
  applicationCredential: {
    id: string
    name: string
    restricted: boolean
    access_rules?: readonly AccessRule[]
  }
  /** The roles that were handed on; the user must still have them. */
  roleIds: readonly string[]
}

/** Finds what stands behind a delegated token; undefined if there is nothing (any more). */
export type Delegations = (payload: TokenPayload) => Promise<Delegation | undefined>

/**
 * Whether a token acts for its user in a limited way. Such a token is worth nothing without its delegation: taken for an
 * ordinary one it would carry all of the user's roles.
 */
export function isDelegated(payload: TokenPayload): boolean {
  return (
    payload.trustId !== undefined ||
    payload.accessTokenId !== undefined ||
    payload.applicationCredentialId !== undefined ||
    payload.federated !== undefined ||
    payload.thumbprint !== undefined
  )
}
